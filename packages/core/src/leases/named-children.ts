import type { LeaseRecord, Partition, PartitionId } from "@spillway/spec";

/** The children that partitions named when they ended, until each has a record: no listing needs to show them first. */
export interface NamedChildren {
  add(children: readonly Partition[]): void;
  /** Those that have no record yet; the others are forgotten. */
  without(records: readonly LeaseRecord[]): readonly Partition[];
}

/** Nobody has named any. */
export function namedChildren(): NamedChildren {
  const named = new Map<PartitionId, Partition>();
  return {
    add(children) {
      for (const child of children) named.set(child.id, child);
    },
    without(records) {
      for (const { partition } of records) named.delete(partition);
      return [...named.values()];
    },
  };
}
