import type { KinesisClient } from "@aws-sdk/client-kinesis";
import type { CallPace, Clock, PartitionId } from "@spillway/spec";
import type { KinesisStream } from "./kinesis-stream.ts";
import type { ShardRange } from "./shard-range.ts";
import type { StreamRetention } from "./stream-retention.ts";

/** What reading one shard stands on. */
export interface ShardReader {
  readonly client: KinesisClient;
  readonly stream: KinesisStream;
  readonly shard: PartitionId;
  readonly clock: Clock;
  /** Shared by all reads of this shard, one after the other. */
  readonly pace: CallPace;
  /** The shortest time between two calls. */
  readonly gapMs: number;
  /** The longest time between two calls, of a shard without records. */
  readonly idleMs: number;
  readonly maxRecordsPerCall: number;
  readonly retention: StreamRetention;
  /** The shard's hash keys, where user records that belong to another shard are left out; undefined where all are taken, and of a shard that is not listed. */
  range(signal: AbortSignal): Promise<ShardRange | undefined>;
}
