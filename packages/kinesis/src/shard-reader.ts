import type { KinesisClient } from "@aws-sdk/client-kinesis";
import type { CallPace, Clock, PartitionId } from "@spillway/spec";
import type { KinesisStream } from "./kinesis-stream.ts";
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
}
