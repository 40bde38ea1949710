import type { FencingToken, LeaseRecord, Partition, PartitionId, StartPosition } from "@spillway/spec";

/**
 * Which partitions existed when a consumer was first seen: they begin where the pipeline begins, every other one was born later and begins at its
 * earliest message.
 *
 * Why a record of its own: lease records alone cannot tell. When several workers start at once, or one dies after it wrote half of the records, the
 * next sees a partition without a record and cannot know whether it is old or new. So before any lease record there is one more record in the scope,
 * under a name that no source uses; its `parents` are the partitions that the source listed before it was written, its `start` the pipeline's. It
 * is written once, by a compare-and-set that only one worker wins, and all go by what the store then holds. A partition that is born between the
 * listing and the write is not in it, and so loses nothing; nor does one that an incomplete listing left out: it is read from earliest, too much
 * but not too little. Once each of them has a record that holds its start, the names are dropped.
 *
 * Its token is the highest of all records that were removed: a partition that the source lists again begins above it, so that the checkpoint store,
 * which has seen that token, does not refuse its new owner.
 */
export const firstSeenPartition = "spillway:first-seen" as PartitionId;

/** The record that says which partitions existed at first. */
export function firstSeenRecord(partitions: readonly Partition[], start: StartPosition): LeaseRecord {
  return {
    partition: firstSeenPartition,
    parents: partitions.map((partition) => partition.id),
    version: 1,
    token: 0 as FencingToken,
    owner: undefined,
    durationMs: 0,
    wantedBy: undefined,
    state: "finished",
    start,
  };
}

/** The records of a scope, the one that is no lease apart from the others. */
export function splitRecords(records: readonly LeaseRecord[]): {
  readonly firstSeen: LeaseRecord | undefined;
  readonly leases: readonly LeaseRecord[];
} {
  return {
    firstSeen: records.find((record) => record.partition === firstSeenPartition),
    leases: records.filter((record) => record.partition !== firstSeenPartition),
  };
}

/** What follows from it for partitions that have no lease record yet. */
export interface Beginnings {
  startOf(partition: PartitionId): StartPosition;
  /**
   * Whether nothing can be left to read in it: a consumer that began at latest found it together with a child, so it had ended before. Reading such
   * ancestors to their end first would only make "latest" later for the partitions that go on.
   */
  isOver(partition: PartitionId): boolean;
}

/** Where the listed partitions begin, for a consumer that was first seen like this. */
export function beginnings(firstSeen: LeaseRecord, listed: readonly Partition[]): Beginnings {
  const original = new Set(firstSeen.parents);
  const ended = new Set(listed.filter((partition) => original.has(partition.id)).flatMap((partition) => partition.parents));
  return {
    startOf: (partition) => (original.has(partition) ? firstSeen.start : { at: "earliest" }),
    isOver: (partition) => firstSeen.start.at === "latest" && original.has(partition) && ended.has(partition),
  };
}

/**
 * The record as it should be before those records are removed: above their tokens, and without the names when each has a record of its own. The same
 * object when nothing needs to be written.
 */
export function kept(firstSeen: LeaseRecord, leases: readonly LeaseRecord[], retiring: readonly LeaseRecord[]): LeaseRecord {
  const recorded = new Set(leases.map((lease) => lease.partition));
  const parents = firstSeen.parents.every((partition) => recorded.has(partition)) ? [] : firstSeen.parents;
  const token = Math.max(firstSeen.token, ...retiring.map((record) => record.token)) as FencingToken;
  if (parents.length === firstSeen.parents.length && token === firstSeen.token) return firstSeen;
  return { ...firstSeen, version: firstSeen.version + 1, parents, token };
}
