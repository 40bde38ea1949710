import { maxEntries } from "./settle.ts";

/** Something that takes up room in a call. */
export interface Sized {
  readonly bytes: number;
}

/** Shares items out, in their order, to calls of at most 10 items and maxBytes in all: SQS's limits for one batch. */
export function packCalls<Item extends Sized>(items: readonly Item[], maxBytes: number): readonly (readonly Item[])[] {
  const calls: Item[][] = [];
  let current: Item[] = [];
  let bytes = 0;
  for (const item of items) {
    if (current.length === maxEntries || (current.length > 0 && bytes + item.bytes > maxBytes)) {
      calls.push(current);
      current = [];
      bytes = 0;
    }
    current.push(item);
    bytes += item.bytes;
  }
  if (current.length > 0) calls.push(current);
  return calls;
}
