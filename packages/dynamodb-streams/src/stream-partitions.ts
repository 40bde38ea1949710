import type { Shard } from "@aws-sdk/client-dynamodb-streams";
import type { Partition, PartitionId } from "@spillway/spec";
import type { DescribedStream } from "./describe-stream.ts";
import { fatal } from "./stream-error.ts";

/** Names a shard among all streams of a table: "LABEL/SHARD". */
export function partitionOf(label: string, shardId: string): PartitionId {
  return `${label}/${shardId}` as PartitionId;
}

/** The stream and shard that a partition names. */
export function parsePartition(partition: PartitionId): { readonly label: string; readonly shardId: string } {
  const [label, shardId, more] = partition.split("/");
  if (label === undefined || shardId === undefined || more !== undefined) {
    throw fatal("SPILLWAY_FORMAT", `"${partition}" names no shard of a table's stream; a lease of another source cannot be used here.`);
  }
  return { label, shardId };
}

/** The shards of streams that follow each other, oldest first. What a stream begins with continues what the stream before it ended with. */
export function toPartitions(streams: readonly DescribedStream[]): readonly Partition[] {
  const partitions: Partition[] = [];
  let ends: readonly PartitionId[] = [];
  for (const { label, shards } of streams) {
    for (const { ShardId = "", ParentShardId } of shards) {
      partitions.push({
        id: partitionOf(label, ShardId),
        parents: ParentShardId === undefined ? ends : [partitionOf(label, ParentShardId)],
      });
    }
    ends = withoutChildren(shards).map(({ ShardId = "" }) => partitionOf(label, ShardId));
  }
  return partitions;
}

function withoutChildren(shards: readonly Shard[]): readonly Shard[] {
  const parents = new Set(shards.map(({ ParentShardId }) => ParentShardId));
  return shards.filter(({ ShardId }) => !parents.has(ShardId));
}
