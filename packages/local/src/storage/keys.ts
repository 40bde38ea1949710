// Every key begins with one byte that says whose it is. Numbers are big-endian, so that keys sort as the numbers do.
const spaces = {
  store: 0x01,
  definition: 0x02,
  partition: 0x10,
  block: 0x11,
  queue: 0x20,
  queued: 0x21,
  delivery: 0x22,
  ready: 0x23,
  group: 0x24,
  checkpoint: 0x30,
  lease: 0x31,
  table: 0x40,
} as const;

/** A part of the key space. */
export type Space = Exclude<keyof typeof spaces, "store">;

/** One part of a key: a number of a fixed width, or text that ends the key, or text that further parts follow. */
export type KeyPart = { readonly u32: number } | { readonly u48: number } | { readonly text: string } | { readonly rest: string };

/** The first bound, included, and the last, excluded, of a part of the key space. */
export interface Bounds {
  readonly from: Buffer;
  readonly until: Buffer;
}

/** The key of the store's own format version. */
export const formatKey: Buffer = Buffer.from([spaces.store, 0x00]);

/** The key of how often the store has been changed, as a double. */
export const revisionKey: Buffer = Buffer.from([spaces.store, 0x01]);

/** All keys. */
export const everything: Bounds = { from: Buffer.from([0x00]), until: Buffer.from([0xff]) };

/** Builds a key of its parts. */
export function keyOf(space: Space, ...parts: readonly KeyPart[]): Buffer {
  let size = 1;
  for (const part of parts) size += sizeOf(part);
  const key = Buffer.allocUnsafe(size);
  key[0] = spaces[space];
  let at = 1;
  for (const part of parts) at = write(key, at, part);
  return key;
}

/** The bounds of all keys that begin like this one. */
export function within(prefix: Buffer): Bounds {
  const until = Buffer.from(prefix);
  for (let last = until.length - 1; last >= 0; last -= 1) {
    const byte = until[last] ?? 0;
    if (byte < 0xff) {
      until[last] = byte + 1;
      return { from: prefix, until: until.subarray(0, last + 1) };
    }
  }
  return { from: prefix, until: everything.until };
}

function sizeOf(part: KeyPart): number {
  if ("u32" in part) return 4;
  if ("u48" in part) return 6;
  if ("text" in part) return 2 + Buffer.byteLength(part.text);
  return Buffer.byteLength(part.rest);
}

function write(key: Buffer, at: number, part: KeyPart): number {
  if ("u32" in part) return key.writeUInt32BE(part.u32, at);
  if ("u48" in part) return key.writeUIntBE(part.u48, at, 6);
  if ("rest" in part) return at + key.write(part.rest, at);
  // The length first, so that no text can run into the part that follows.
  const written = key.write(part.text, at + 2);
  key.writeUInt16BE(written, at);
  return at + 2 + written;
}
