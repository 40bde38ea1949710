import type { LeaseRecord, Partition, PartitionId } from "@spillway/spec";

/** What one asking of the source brought. */
export interface Discovery {
  readonly partitions: readonly Partition[];
  /** The partitions that it can say something about: those it listed, and those that had a record before it was asked. */
  readonly known: ReadonlySet<PartitionId>;
}

/**
 * The listed partitions that never had a record since they were listed, because one whose record is gone was retired after a later listing; and the named
 * ones, which have none yet.
 */
export function newcomers(
  discovered: Discovery | undefined,
  everRecorded: ReadonlySet<PartitionId>,
  named: readonly Partition[],
): readonly Partition[] {
  const listed = discovered?.partitions.filter((partition) => !everRecorded.has(partition.id)) ?? [];
  const known = new Set(listed.map(({ id }) => id));
  return [...listed, ...named.filter(({ id }) => !known.has(id))];
}

/** The outcome of asking the source, with the records that existed before it was asked. */
export function discovery(partitions: readonly Partition[], recordedBefore: readonly LeaseRecord[]): Discovery {
  return {
    partitions,
    known: new Set([...partitions.map((partition) => partition.id), ...recordedBefore.map((record) => record.partition)]),
  };
}

/**
 * Whether a partition must wait: "parent" when one of its parents is not finished; "unsure" when a parent is known to nobody, but the source was last
 * asked before this partition appeared, so that the parent may have appeared with it; "no" when it may be read.
 */
export function waits(
  record: LeaseRecord,
  records: ReadonlyMap<PartitionId, LeaseRecord>,
  discovered: Discovery | undefined,
): "parent" | "unsure" | "no" {
  let unsure = false;
  for (const parent of record.parents) {
    const state = records.get(parent)?.state;
    if (state === "open") return "parent";
    if (state === undefined && !discovered?.known.has(record.partition)) unsure = true;
  }
  return unsure ? "unsure" : "no";
}

/** The finished records that nobody needs any more: the source does not list them, and no child that was never read names them as its parent. */
export function retirable(records: readonly LeaseRecord[], discovered: Discovery | undefined): readonly LeaseRecord[] {
  if (discovered === undefined) return [];
  const needed = new Set(discovered.partitions.map((partition) => partition.id));
  for (const record of records) {
    if (record.state === "open" && record.token === 0) for (const parent of record.parents) needed.add(parent);
  }
  return records.filter((record) => record.state === "finished" && !needed.has(record.partition) && discovered.known.has(record.partition));
}
