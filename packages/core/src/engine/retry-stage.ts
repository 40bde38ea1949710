import type { Disposition, Message } from "@spillway/spec";
import type { RetryBudget } from "../retry-budget.ts";
import type { RetryRule } from "../retry.ts";
import { backoffAfterError } from "./backoff-after-error.ts";
import type { Failure } from "./mark.ts";
import type { Rationing } from "./rationing.ts";
import type { Run } from "./run-context.ts";
import type { Acceptor } from "./stage.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";

/** What a retry stage decides by. */
export interface RetryRules {
  readonly transient: RetryRule;
  readonly resource: RetryRule;
  readonly maxAgeMs: number | undefined;
  readonly budget: RetryBudget | undefined;
  readonly giveBackAfterMs: number | undefined;
}

/** Sends failed deliveries back, or lets them go on to what becomes of those that are given up. */
export class RetryStage implements Acceptor {
  readonly #run: Run;
  readonly #rules: RetryRules;
  readonly #next: Acceptor;
  readonly open: Acceptor;
  readonly #rationing: Rationing | undefined;

  constructor(run: Run, rules: RetryRules, next: Acceptor) {
    this.#run = run;
    this.#rules = rules;
    this.#next = next;
    const { budget } = rules;
    this.open = budget === undefined ? next.open : this;
    if (budget !== undefined)
      this.#rationing = {
        budget,
        isTooLate: ({ message }) => this.#isTooOld(message, 0),
        giveUp: (delivery) => this.#expire(delivery),
      };
  }

  accept(delivery: TrackedDelivery): void {
    const { mark } = delivery;
    if (mark?.kind === "failed") this.#decide(delivery, mark);
    else {
      if (this.#rules.budget !== undefined) this.#rules.budget.deposit();
      this.#next.accept(delivery);
    }
  }

  #decide(delivery: TrackedDelivery, failure: Failure): void {
    const run = this.#run;
    const failureClass = failure.failureClass ?? "transient";
    if (failureClass === "permanent" || failureClass === "fatal") {
      this.#next.accept(delivery);
      return;
    }
    const rule = this.#rules[failureClass];
    const delayMs = delayOf(rule, failure, run);
    const gaveUp = this.#giveUp(delivery, failure, rule, delayMs);
    if (gaveUp !== undefined) {
      failure.disposition ??= gaveUp;
      this.#next.accept(delivery);
      return;
    }
    failure.delayMs = delayMs;
    failure.rationing = this.#rationing;
    if (run.listened) {
      const { message } = delivery;
      const { stage, error, attempts } = failure;
      run.emit({ type: "retrying", message, stage: stage.name, error, class: failureClass, attempt: attempts, delayMs });
    }
    const { giveBackAfterMs } = this.#rules;
    if (giveBackAfterMs !== undefined && delayMs > giveBackAfterMs && delivery.feed.giveBack(delivery, delayMs)) return;
    run.retryLater(delivery, failure);
  }

  #giveUp(delivery: TrackedDelivery, failure: Failure, rule: RetryRule, delayMs: number): Disposition | undefined {
    const { giveBackAfterMs } = this.#rules;
    const { message } = delivery;
    const earlier = giveBackAfterMs !== undefined && "receiveCount" in message ? Number(message.receiveCount) - 1 : 0;
    if (failure.attempts + earlier >= rule.attempts) return "exhausted";
    return this.#isTooOld(message, delayMs) ? "expired" : undefined;
  }

  #isTooOld({ timestampMs }: Message<unknown>, inMs: number): boolean {
    const { maxAgeMs } = this.#rules;
    return maxAgeMs !== undefined && this.#run.clock.nowMs() + inMs - timestampMs > maxAgeMs;
  }

  #expire(delivery: TrackedDelivery): void {
    const failure = delivery.lastFailure as Failure;
    failure.disposition ??= "expired";
    delivery.waits = false;
    this.#next.accept(delivery);
  }
}

function delayOf(rule: RetryRule, failure: Failure, run: Run): number {
  const { attempts, previousDelayMs, error } = failure;
  try {
    const delayMs = rule.backoff.delayMs({ attempt: attempts, previousMs: previousDelayMs, error, random: () => run.clock.random() });
    if (Number.isFinite(delayMs)) return Math.max(0, delayMs);
  } catch {
    // A backoff of the user's that fails must not fail the engine: the message waits as the engine itself would.
  }
  return backoffAfterError(attempts, run.clock);
}
