import type { ChildShard } from "@aws-sdk/client-kinesis";
import type { Partition, PartitionId } from "@spillway/spec";

/**
 * The shards that continue one which has ended, as the answer that ended it names them. Undefined where it names none, as the servers for development do, or
 * anything that is no child of this shard: then the listing must tell.
 */
export function namedChildren(shard: PartitionId, named: readonly ChildShard[] | undefined): readonly Partition[] | undefined {
  if (named === undefined || named.length === 0) return undefined;
  const children: Partition[] = [];
  for (const { ShardId, ParentShards = [] } of named) {
    if (ShardId === undefined || !ParentShards.includes(shard)) return undefined;
    children.push({ id: ShardId as PartitionId, parents: ParentShards as readonly string[] as readonly PartitionId[] });
  }
  return children;
}
