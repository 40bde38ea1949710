import { packAggregated } from "./pack-aggregated.ts";
import { decimalOf } from "./hash-key.ts";
import { placeOf, type PutEntry } from "./put-entry.ts";

/** One record as PutRecords takes it, and the messages that it carries: one, or as many as it aggregates. */
export interface OutgoingRecord {
  readonly entries: readonly PutEntry[];
  readonly partitionKey: string;
  /** Decimal; decides about the shard in place of the partition key. */
  readonly explicitHashKey: string | undefined;
  readonly data: Uint8Array;
  /** What counts against Kinesis' limits: the data and the partition key, in bytes. */
  readonly bytes: number;
  /** The shard that must take it; undefined where any one will do. */
  readonly shardId: string | undefined;
}

/** A message as a record of its own, that any consumer can read. */
export function plainRecord(entry: PutEntry): OutgoingRecord {
  const { partitionKey, explicitHashKey, data, bytes } = entry;
  const decimal = explicitHashKey === undefined ? undefined : decimalOf(explicitHashKey);
  return { entries: [entry], partitionKey, explicitHashKey: decimal, data, bytes, shardId: undefined };
}

/** The outer partition key says nothing: the explicit hash key chooses the shard, and each user record has its own key. */
const outerKey = "a";

/** Messages of one shard as one record, in the format of the Kinesis Producer Library. */
export function aggregatedRecord(first: PutEntry, entries: readonly PutEntry[], shardId: string): OutgoingRecord {
  const data = packAggregated(entries);
  const explicitHashKey = decimalOf(placeOf(first));
  return { entries, partitionKey: outerKey, explicitHashKey, data, bytes: data.byteLength + outerKey.length, shardId };
}
