import type { FailureClass } from "@spillway/spec";
import type { Observable } from "rxjs";
import type { Backoff } from "./backoff.ts";
import type { Delivery } from "./delivery.ts";
import type { StageDescription } from "./engine/description.ts";
import { RetryStage, type RetryRules } from "./engine/retry-stage.ts";
import { requireAge, requireCount, requireDuration, requireKnown } from "./engine/require.ts";
import { addStage } from "./pipeline.ts";
import type { RetryBudget } from "./retry-budget.ts";

/** How one class of failures is tried again. */
export interface RetryRule {
  /** How often a stage is tried in all, the first attempt included: 1 means no retry. */
  readonly attempts: number;
  readonly backoff: Backoff;
}

/** When to try again, and when to give up. */
export interface RetryPolicy extends RetryRule {
  /**
   * A message that would be older than this at its next attempt, by its timestamp, is given up at once, as "expired"; so is one that grows older while it waits
   * for the budget. Default: no limit.
   */
  readonly maxAgeMs?: number;
  /** Other rules for one class. */
  readonly classes?: Readonly<Partial<Record<Extract<FailureClass, "transient" | "resource">, RetryRule>>>;
  /** Bounds retries over all that share it. Default: none. */
  readonly budget?: RetryBudget;
  /**
   * On a queue, a wait longer than this goes back to the queue, which delays the message by itself (visibility), instead of keeping it here; attempts are
   * then counted by how often the queue has given it out. Default: never. A log cannot delay: there it has no effect.
   */
  readonly giveBackAfterMs?: number;
}

const known = ["attempts", "backoff", "maxAgeMs", "classes", "budget", "giveBackAfterMs"];

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
  const rules = rulesOf(policy);
  const { attempts, backoff, maxAgeMs, budget, giveBackAfterMs } = policy;
  const says = [
    `tries a failed stage up to ${attempts} times, ${backoff.says}`,
    ...(maxAgeMs === undefined ? [] : [`while the message is younger than ${maxAgeMs} ms`]),
    ...(budget === undefined ? [] : [budget.says]),
  ].join(", ");
  const stage: StageDescription = {
    kind: "retry",
    name: undefined,
    says,
    promise: undefined,
    failures: {
      attempts: attemptsOf(rules),
      maxAgeMs,
      receivesByRetry: giveBackAfterMs === undefined ? 0 : attemptsOf(rules) - 1,
      halts: false,
    },
    role: { is: "inside" },
    build: ({ run, next }) => new RetryStage(run, rules, next),
  };
  return (source) => addStage(source, stage);
}

/** How often a stage is tried at most, whatever the class of its failures. */
function attemptsOf({ transient, resource }: RetryRules): number {
  return Math.max(transient.attempts, resource.attempts);
}

function rulesOf(policy: RetryPolicy): RetryRules {
  requireKnown("retry", policy, known);
  const { classes = {}, maxAgeMs, budget, giveBackAfterMs } = policy;
  requireKnown("retry's classes", classes, ["transient", "resource"]);
  const all = [policy, ...Object.values(classes)];
  for (const rule of all) requireCount("attempts", rule.attempts);
  if (maxAgeMs !== undefined) requireAge("maxAgeMs", maxAgeMs);
  if (giveBackAfterMs !== undefined) requireDuration("giveBackAfterMs", giveBackAfterMs);
  return { transient: classes.transient ?? policy, resource: classes.resource ?? policy, maxAgeMs, budget, giveBackAfterMs };
}
