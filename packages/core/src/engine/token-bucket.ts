import type { RetryBudget, RetryBudgetOptions } from "../retry-budget.ts";
import { refuse } from "./require.ts";

/** A retry budget as the engine sees it: filled by messages that pass and by time, emptied by retries. */
export class TokenBucket implements RetryBudget {
  readonly says: string;
  readonly #options: Required<RetryBudgetOptions>;
  #saved: number;
  #filledMs: number | undefined = undefined;

  constructor(options: Required<RetryBudgetOptions>) {
    this.says = `within a budget of ${options.share} retries a passed message and ${options.floorPerSecond} a second`;
    this.#options = options;
    this.#saved = options.maxSaved;
  }

  get saved(): number {
    return this.#saved;
  }

  /** A message has passed. */
  deposit(): void {
    this.#saved = Math.min(this.#options.maxSaved, this.#saved + this.#options.share);
  }

  /** Takes a retry, if there is one. */
  take(nowMs: number): boolean {
    this.#fill(nowMs);
    if (this.#saved < 1) return false;
    this.#saved--;
    return true;
  }

  /** When the next retry will be there even if no message passes, in milliseconds from now. */
  waitMs(): number {
    return Math.max(1, Math.ceil(((1 - this.#saved) / this.#options.floorPerSecond) * 1_000));
  }

  #fill(nowMs: number): void {
    const { floorPerSecond, maxSaved } = this.#options;
    if (this.#filledMs !== undefined && nowMs > this.#filledMs)
      this.#saved = Math.min(maxSaved, this.#saved + ((nowMs - this.#filledMs) / 1_000) * floorPerSecond);
    this.#filledMs = nowMs;
  }
}

/** The engine's view of a retry budget, if there is one; refuses one that retryBudget() has not made. */
export function bucketOf(budget: RetryBudget | undefined): TokenBucket | undefined {
  if (budget === undefined || budget instanceof TokenBucket) return budget;
  return refuse("a retry budget was not made by retryBudget(), or by that of another copy of @spillway/core; make it with this one");
}
