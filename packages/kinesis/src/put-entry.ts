import type { OutgoingMessage, Payload } from "@spillway/spec";
import { toEnvelope } from "./envelope.ts";
import { hashKeyOf, type HashKey } from "./hash-key.ts";
import { isPartitionKey, partitionKeyFor } from "./partition-key.ts";

/** One message as PutRecords takes it. */
export interface PutEntry {
  /** Where its message is in the write. */
  readonly index: number;
  readonly partitionKey: string;
  /** Where the caller wants it; undefined: where its partition key belongs. */
  readonly explicitHashKey: HashKey | undefined;
  readonly data: Uint8Array;
  /** What counts against Kinesis' limits: the data and the partition key, in bytes. */
  readonly bytes: number;
}

/** A message as an entry: its payload as it is, and in an envelope only where a record could not hold it otherwise. */
export function toEntry({ key, value, headers = [] }: OutgoingMessage<Payload>, index: number, explicitHashKey?: HashKey): PutEntry {
  const partitionKey = partitionKeyFor(key);
  const isBare = value !== null && headers.length === 0 && (key === undefined || isPartitionKey(key));
  const data = isBare ? value : toEnvelope({ key, headers, payload: value });
  return { index, partitionKey, explicitHashKey, data, bytes: data.byteLength + Buffer.byteLength(partitionKey) };
}

/** What decides about an entry's shard. */
export function placeOf({ explicitHashKey, partitionKey }: PutEntry): HashKey {
  return explicitHashKey ?? hashKeyOf(partitionKey);
}
