import type { LeaseRecord } from "@spillway/spec";
import { takeAfterMs } from "./lease-timing.ts";
import type { Observations } from "./observations.ts";

/**
 * In how many milliseconds the first of these leases may be taken if its owner stays silent; infinite when none may that is not free already. A look at that
 * time costs nothing while owners live, because each renewal puts it off, and saves the rest of a look's pace when one has died.
 */
export function expiryInMs(leases: readonly LeaseRecord[], observations: Observations, nowMs: number): number {
  let soonestMs = Number.POSITIVE_INFINITY;
  for (const { partition, owner, state, durationMs } of leases) {
    const observation = observations.get(partition);
    if (owner === undefined || state === "finished" || observation === undefined) continue;
    const leftMs = observation.sinceMs + takeAfterMs(durationMs) - nowMs;
    if (leftMs > 0) soonestMs = Math.min(soonestMs, leftMs);
  }
  return soonestMs;
}
