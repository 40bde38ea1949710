import type { Cancel, Clock } from "@spillway/spec";
import type { RetryBudget } from "../retry-budget.ts";
import type { Failure } from "./mark.ts";
import { Ring } from "./ring.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";

/** Messages that pass fill a budget too, and nothing tells of that: it is looked at again after this long, in milliseconds. */
const lookAgainMs = 1_000;

/** Deliveries whose retry is due and waits for a budget, in their order, with one timer; one that grows too old meanwhile is given up and takes nothing from it. */
export class BudgetQueue {
  readonly #clock: Clock;
  readonly #budget: RetryBudget;
  readonly #start: (delivery: TrackedDelivery) => void;
  readonly #waiting = new Ring<TrackedDelivery>();
  #cancel: Cancel | undefined = undefined;

  constructor(clock: Clock, budget: RetryBudget, start: (delivery: TrackedDelivery) => void) {
    this.#clock = clock;
    this.#budget = budget;
    this.#start = start;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Starts a retry when the budget allows it. */
  add(delivery: TrackedDelivery): void {
    this.#waiting.push(delivery);
    if (this.#cancel === undefined) this.#startSome();
  }

  /** Nothing is started any more. */
  end(): void {
    this.#cancel?.();
  }

  #startSome(): void {
    for (let delivery = this.#waiting.peek(); delivery !== undefined; delivery = this.#waiting.peek()) {
      const { rationing } = delivery.lastFailure as Failure;
      const late = !delivery.settled && rationing?.isTooLate(delivery) === true;
      if (!delivery.settled && !late && !this.#budget.take(this.#clock.nowMs())) break;
      this.#waiting.shift();
      if (late) rationing?.giveUp(delivery);
      else if (!delivery.settled) this.#start(delivery);
    }
    if (this.#waiting.size === 0 || this.#cancel !== undefined) return;
    this.#cancel = this.#clock.schedule(Math.min(lookAgainMs, this.#budget.waitMs()), () => {
      this.#cancel = undefined;
      this.#startSome();
    });
  }
}
