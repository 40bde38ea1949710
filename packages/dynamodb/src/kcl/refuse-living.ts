import type { PartitionId } from "@spillway/spec";
import { conflict } from "./kcl-lease-items.ts";
import type { KclRow } from "./kcl-row.ts";

/** Throws when a lease moved between two looks: a worker that owns it lives. */
export function refuseLiving(before: ReadonlyMap<PartitionId, KclRow>, after: ReadonlyMap<PartitionId, KclRow>): void {
  const changed = [...after.values()].find(({ shard, counter }) => before.get(shard)?.counter !== counter);
  if (changed === undefined) return;
  throw conflict(
    `A worker still writes the lease of ${changed.shard}: stop all workers of the Kinesis Client Library, and Spillway's, first.`,
  );
}
