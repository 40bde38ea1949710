import type { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import type { CallPace, Clock, PartitionId } from "@spillway/spec";
import type { ViewType } from "./change.ts";

/** What reading one shard stands on. */
export interface StreamShardReader<View extends ViewType> {
  readonly client: DynamoDBStreamsClient;
  readonly arn: string;
  readonly shardId: string;
  readonly partition: PartitionId;
  readonly view: View;
  readonly clock: Clock;
  /** Shared by all reads of this shard, one after the other. */
  readonly pace: CallPace;
  /** The shortest time between two calls. */
  readonly gapMs: number;
  /** The longest time between two calls, of a shard without records. */
  readonly idleMs: number;
  readonly trimmed: "skip" | "fail";
}
