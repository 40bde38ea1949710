import type { LeaseRecord } from "@spillway/spec";
import { noRenewalForMs, takeAfterMs, watchEveryMs } from "./lease-timing.ts";
import type { Observations } from "./observations.ts";

/**
 * In how many milliseconds others' leases are to be looked at again; infinite when nobody else owns one. A silence counts from when the last renewal was
 * seen, so a renewal must be seen soon after it was written: from when the next one may come, it is looked for at a quick pace. And once more when a lease
 * runs out, which each renewal puts off.
 */
export function watchInMs(leases: readonly LeaseRecord[], observations: Observations, nowMs: number): number {
  let soonestMs = Number.POSITIVE_INFINITY;
  for (const { partition, owner, state, durationMs } of leases) {
    const observation = observations.get(partition);
    if (owner === undefined || state === "finished" || observation === undefined) continue;
    const unchangedMs = nowMs - observation.sinceMs;
    const expiryMs = Math.ceil(takeAfterMs(durationMs) - unchangedMs);
    soonestMs = Math.min(soonestMs, Math.max(watchEveryMs(durationMs), noRenewalForMs(durationMs) - unchangedMs));
    if (expiryMs > 0) soonestMs = Math.min(soonestMs, expiryMs);
  }
  return soonestMs;
}
