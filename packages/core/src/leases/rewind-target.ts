import { SpillwayError, type LeaseRecord, type PartitionId, type StartPosition } from "@spillway/spec";

/** Where to rewind to: every partition to the same start, or each that is named to its own. */
export type RewindTarget = StartPosition | ReadonlyMap<PartitionId, StartPosition>;

/** One partition to rewind. */
export interface PartitionTarget {
  /** Its lease record; version 0 when it has none yet. */
  readonly record: LeaseRecord;
  readonly from: StartPosition;
}

/**
 * What is to be rewound of these partitions. A finished one is read again if the source still lists it, and if anything can follow the target in it:
 * nothing can follow "latest". Throws SPILLWAY_INVALID_OPTIONS for what cannot be meant.
 */
export function partitionTargets(
  records: readonly LeaseRecord[],
  listed: ReadonlySet<PartitionId>,
  to: RewindTarget,
): readonly PartitionTarget[] {
  const startOf = startsOf(to, records);
  return records
    .map((record) => ({ record, from: startOf(record.partition) }))
    .filter((target): target is PartitionTarget => target.from !== undefined)
    .filter(({ record, from }) => record.state === "open" || (from.at !== "latest" && listed.has(record.partition)))
    .sort((first, second) => (first.record.partition < second.record.partition ? -1 : 1));
}

function startsOf(to: RewindTarget, records: readonly LeaseRecord[]): (partition: PartitionId) => StartPosition | undefined {
  if (!("at" in to)) {
    const known = new Set(records.map((record) => record.partition));
    const unknown = [...to.keys()].find((partition) => !known.has(partition));
    if (unknown !== undefined) throw invalid(`The source has no partition ${unknown}, or has it no more. Leave it out.`);
    return (partition) => to.get(partition);
  }
  if (to.at === "after") throw invalid("A position belongs to one partition: give a Map from each partition to rewind to its start.");
  return () => to;
}

function invalid(message: string): SpillwayError {
  return new SpillwayError(message, { code: "SPILLWAY_INVALID_OPTIONS", failureClass: "fatal" });
}
