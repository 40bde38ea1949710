import type { Observable } from "rxjs";
import type { Backoff } from "./backoff.ts";
import type { Delivery } from "./delivery.ts";
import type { Failure } from "./engine/mark.ts";
import { describePolicy } from "./engine/policy-description.ts";
import { requireCount, requireDuration, requireKnown } from "./engine/require.ts";
import { addStage } from "./pipeline.ts";

/** When to try again, and when to give up. */
export interface RetryPolicy {
  /** How often a stage is tried in all, the first attempt included: 1 means no retry. */
  readonly attempts: number;
  readonly backoff: Backoff;
  /** No attempt starts when the message is older than this, by its timestamp. Default: no limit. */
  readonly maxAgeMs?: number;
}

/**
 * Sends a failed delivery back to the stage that failed, with the input it had there, after a delay; what failed as permanent, or too often, or is too
 * old, goes on to deadLetter or haltOnFailure. Waiting costs no concurrency and holds nothing but the message's own lane.
 *
 * Emits every delivery that is not to be tried again, at once · Holds back nothing.
 *
 * ```ts
 * retry({ attempts: 5, backoff: exponential({ firstMs: 200, maxMs: 30_000 }), maxAgeMs: 3_600_000 })
 * ```
 *
 * What can bite: attempts are counted in this process; on a log, a restart begins again at 1. Delays are rounded up to 10 ms.
 */
export function retry(policy: RetryPolicy): <T>(source: Observable<Delivery<T>>) => Observable<Delivery<T, "retried">> {
  requireKnown("retry", policy, ["attempts", "backoff", "maxAgeMs"]);
  const attempts = requireCount("attempts", policy.attempts);
  const { backoff, maxAgeMs } = policy;
  if (maxAgeMs !== undefined) requireDuration("maxAgeMs", maxAgeMs);
  const stage = describePolicy({
    kind: "retry",
    says: `tries a failed stage up to ${attempts} times, ${backoff.says}${maxAgeMs === undefined ? "" : `, while the message is younger than ${maxAgeMs} ms`}`,
    failed(delivery, failure, run, pass) {
      const failureClass = failure.failureClass ?? "transient";
      const gaveUp = giveUp(failure, delivery.message.timestampMs, run.clock.nowMs());
      if (failureClass === "permanent" || failureClass === "fatal" || gaveUp !== undefined) {
        failure.disposition ??= gaveUp;
        pass();
        return;
      }
      const delayMs = delayOf(failure, run.clock.random);
      failure.delayMs = delayMs;
      if (run.listened) {
        const { message } = delivery;
        run.emit({ type: "retrying", message, stage: failure.stage.name, error: failure.error, class: failureClass, attempt: failure.attempts, delayMs });
      }
      run.retryLater(delivery, delayMs);
    },
  });

  function giveUp(failure: Failure, timestampMs: number, nowMs: number): "exhausted" | "expired" | undefined {
    if (failure.attempts >= attempts) return "exhausted";
    return maxAgeMs !== undefined && nowMs - timestampMs > maxAgeMs ? "expired" : undefined;
  }

  function delayOf(failure: Failure, random: () => number): number {
    const delayMs = backoff.delayMs({ attempt: failure.attempts, previousMs: failure.previousDelayMs, error: failure.error, random });
    return Number.isFinite(delayMs) ? Math.max(0, delayMs) : 0;
  }

  return (source) => addStage(source, stage);
}
