import type { LeaseRecord, PartitionId } from "@spillway/spec";

/** What we have seen of one record by looking at it again and again. */
export interface Observation {
  readonly version: number;
  /** Observed time at which this version was first seen. */
  readonly sinceMs: number;
  /** Who owned it when it was last seen with an owner; undefined if that was never, or before we looked. */
  readonly lastOwner: string | undefined;
}

/** One observation for each record that exists. */
export type Observations = ReadonlyMap<PartitionId, Observation>;

/** The observations after another look; those of records that are gone are forgotten. */
export function observe(before: Observations, records: readonly LeaseRecord[], nowMs: number): Observations {
  const after = new Map<PartitionId, Observation>();
  for (const record of records) {
    const earlier = before.get(record.partition);
    after.set(
      record.partition,
      earlier?.version === record.version
        ? earlier
        : { version: record.version, sinceMs: nowMs, lastOwner: record.owner ?? earlier?.lastOwner },
    );
  }
  return after;
}
