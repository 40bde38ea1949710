import type { Checkpoint, Partition, PartitionId } from "@spillway/spec";
import { reading } from "./kcl-row.ts";

/** What became of one shard. */
export interface TakenOverShard {
  readonly partition: PartitionId;
  readonly checkpoint: Checkpoint;
}

/**
 * Each listed shard's checkpoint, parents before children: its row's, which is `known`; without a row, what the library has forgotten is finished and what it has not seen
 * is read from its beginning. The library forgets a shard once its children are under way.
 */
export function shardCheckpoints(partitions: readonly Partition[], known: ReadonlyMap<PartitionId, Checkpoint>): readonly TakenOverShard[] {
  const byId = new Map(partitions.map((partition) => [partition.id, partition]));
  const ancestors = new Set<PartitionId>();
  const note = (id: PartitionId): void => {
    for (const parent of byId.get(id)?.parents ?? []) {
      if (ancestors.has(parent)) continue;
      ancestors.add(parent);
      note(parent);
    }
  };
  for (const shard of known.keys()) note(shard);
  return parentsFirst(partitions, byId).map(({ id }) => {
    const checkpoint = known.get(id) ?? (ancestors.has(id) ? { state: "finished" } : reading({ at: "earliest" }));
    return { partition: id, checkpoint };
  });
}

function parentsFirst(partitions: readonly Partition[], byId: ReadonlyMap<PartitionId, Partition>): readonly Partition[] {
  const sorted = new Set<Partition>();
  const visit = (partition: Partition): void => {
    if (sorted.has(partition)) return;
    for (const parent of partition.parents) {
      const listed = byId.get(parent);
      if (listed !== undefined) visit(listed);
    }
    sorted.add(partition);
  };
  for (const partition of partitions) visit(partition);
  return [...sorted];
}
