import type { FencingToken, LeaseRecord, Partition } from "@spillway/spec";
import { beginnings } from "./first-seen.ts";

/** The records of partitions that have none, as they would be if they were stored: version 0. */
export function unrecorded(
  partitions: readonly Partition[],
  context: { readonly listed: readonly Partition[]; readonly firstSeen: LeaseRecord | undefined; readonly durationMs: number },
): readonly LeaseRecord[] {
  const { listed, firstSeen, durationMs } = context;
  const begin = firstSeen && beginnings(firstSeen, listed);
  return partitions.map(({ id, parents }) => ({
    partition: id,
    parents,
    version: 0,
    token: firstSeen?.token ?? (0 as FencingToken),
    owner: undefined,
    durationMs,
    wantedBy: undefined,
    state: begin?.isOver(id) === true ? "finished" : "open",
    start: begin?.startOf(id) ?? { at: "earliest" },
  }));
}
