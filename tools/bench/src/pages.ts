import type { LogMessage, Position } from "@spillway/spec";

/** One page of the benchmark's log. */
export type Page<T> = readonly LogMessage<T>[];

/** How many messages a page holds. */
export const pageSize = 500;

const partitionCount = 8;

/** The smallest number of messages that all partitions can give. */
export const unit: number = partitionCount * pageSize;

/** How pages are filled. */
export interface PageOptions {
  readonly messages?: number;
  readonly keys?: number;
}

/**
 * Makes the pages of eight partitions, whose messages are used again and again. Each message has a key string of its own, as messages that were just read
 * have.
 */
export function makePages<T>(
  valueOf: (index: number) => T,
  { messages = 20_000, keys = 1_000 }: PageOptions = {},
): readonly (readonly Page<T>[])[] {
  const all = Array.from({ length: messages }, (_, index): LogMessage<T> => {
    const key = ["key", (index * 7_919) % keys].join("-");
    return { id: String(index), key, value: valueOf(index), headers: [], timestampMs: 0, position: String(index) as Position };
  });
  const pages = Array.from({ length: messages / pageSize }, (_, page) => all.slice(page * pageSize, (page + 1) * pageSize));
  return Array.from({ length: partitionCount }, (_, partition) => pages.filter((_page, index) => index % partitionCount === partition));
}

/** Calls `visit` with pages of all partitions in turn, as many as hold so many messages. */
export async function overPages<T>(
  partitions: readonly (readonly Page<T>[])[],
  messages: number,
  visit: (page: Page<T>) => void | Promise<void>,
): Promise<void> {
  const pages = partitions.flat();
  for (let done = 0; done < messages; done += pageSize) {
    const waiting = visit(pages[(done / pageSize) % pages.length] as Page<T>);
    if (waiting !== undefined) await waiting;
  }
}
