import type { FencingToken, LeaseRecord, Partition } from "@spillway/spec";
import { isOverBefore, startOf } from "./first-seen.ts";

/** The records of partitions that have none, as they would be if they were stored: version 0. */
export function unrecorded(
  partitions: readonly Partition[],
  context: { readonly listed: readonly Partition[]; readonly firstSeen: LeaseRecord | undefined; readonly durationMs: number },
): readonly LeaseRecord[] {
  const { listed, firstSeen, durationMs } = context;
  return partitions.map(({ id, parents }) => ({
    partition: id,
    parents,
    version: 0,
    token: firstSeen?.token ?? (0 as FencingToken),
    owner: undefined,
    durationMs,
    wantedBy: undefined,
    state: firstSeen !== undefined && isOverBefore(id, firstSeen, listed) ? "finished" : "open",
    start: firstSeen === undefined ? { at: "earliest" } : startOf(id, firstSeen),
  }));
}
