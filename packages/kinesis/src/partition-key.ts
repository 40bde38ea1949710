import { createHash, randomUUID } from "node:crypto";

/** Begins the partition key of a message without a key: Kinesis knows no such record, and the source turns it back into none. */
export const noKeyPrefix = "spillway:no-key:";
/** Begins the partition key that stands for a key which Kinesis does not take: bytes, empty, too long. The key itself is in the envelope. */
const digestPrefix = "spillway:key:";
/** Kinesis' bound on a partition key, in characters. */
const maxKeyCharacters = 256;

/** The partition key for a message's key: equal for equal keys; random for none, which spreads such messages over the shards. */
export function partitionKeyFor(key: string | Uint8Array | undefined): string {
  if (key === undefined) return noKeyPrefix + randomUUID();
  if (isPartitionKey(key)) return key;
  return digestPrefix + createHash("sha256").update(key).digest("base64url");
}

/** Whether a key can be a partition key as it is. */
export function isPartitionKey(key: string | Uint8Array): key is string {
  return typeof key === "string" && key.length > 0 && key.length <= maxKeyCharacters && !key.startsWith(noKeyPrefix);
}
