import type { Database, Entry } from "./environment.ts";

/** A database with changes that are not made yet: what it reads is as if they were. */
export interface Overlay extends Database {
  /** How many keys are changed. */
  readonly size: number;
  /** The changed keys, in order, each with its new value; undefined removes it. */
  changes(): Iterable<readonly [key: Buffer, value: Buffer | undefined]>;
}

/** Lays changes over what does not change meanwhile. Values that are put are kept, not copied: nobody may write into them afterwards. */
export function createOverlay(base: Pick<Database, "get" | "range">): Overlay {
  const values = new Map<string, Buffer | undefined>();
  // In order, so that ranges find their part of it.
  const keys: Buffer[] = [];

  function set(key: Buffer, value: Buffer | undefined): void {
    const name = nameOf(key);
    if (!values.has(name)) keys.splice(placeOf(keys, key), 0, key);
    values.set(name, value);
  }

  /** The changed keys from the lower bound, included, to the upper, excluded. */
  function keysBetween(lower: Buffer, upper: Buffer): Buffer[] {
    return keys.slice(placeOf(keys, lower), placeOf(keys, upper));
  }

  return {
    get size() {
      return keys.length;
    },
    get(key) {
      const name = nameOf(key);
      return values.has(name) ? values.get(name) : base.get(key);
    },
    put: set,
    remove: (key) => set(key, undefined),
    *range({ from, until, limit = Infinity, reverse = false }) {
      const changed = reverse ? keysBetween(after(until), after(from)).reverse() : keysBetween(from, until);
      const room = limit === Infinity ? {} : { limit: limit + changed.length };
      let given = 0;
      for (const entry of merged(base.range({ from, until, reverse, ...room }), changed, reverse)) {
        if (given >= limit) return;
        const value = values.has(nameOf(entry.key)) ? values.get(nameOf(entry.key)) : entry.value;
        if (value === undefined) continue;
        given += 1;
        yield { key: entry.key, value };
      }
    },
    *changes() {
      for (const key of keys) yield [key, values.get(nameOf(key))];
    },
  };
}

/** Entries and changed keys in one order; a key that is in both comes once. */
function* merged(
  entries: Iterable<Entry>,
  changed: readonly Buffer[],
  reverse: boolean,
): Iterable<Entry | { key: Buffer; value: undefined }> {
  let next = 0;
  for (const entry of entries) {
    for (let key = changed[next]; key !== undefined; key = changed[next]) {
      const order = reverse ? Buffer.compare(entry.key, key) : Buffer.compare(key, entry.key);
      if (order > 0) break;
      next += 1;
      if (order < 0) yield { key, value: undefined };
    }
    yield entry;
  }
  for (const key of changed.slice(next)) yield { key, value: undefined };
}

/** Where a key is, or would be. */
function placeOf(keys: readonly Buffer[], key: Buffer): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (Buffer.compare(keys[middle] as Buffer, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The smallest key after this one. */
function after(key: Buffer): Buffer {
  return Buffer.concat([key, Buffer.from([0])]);
}

function nameOf(key: Buffer): string {
  return key.toString("latin1");
}
