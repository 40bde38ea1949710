/**
 * The partition of a key: FNV-1a over its UTF-8 or its bytes, mixed as murmur3 ends, modulo the number of partitions. Part of the stored format:
 * it never changes, because messages of one key must stay in one partition.
 */
export function partitionOfKey(key: string | Uint8Array, partitions: number): number {
  const bytes = typeof key === "string" ? Buffer.from(key) : key;
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) % partitions;
}
