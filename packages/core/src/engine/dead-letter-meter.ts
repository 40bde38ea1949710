import type { Disposition } from "@spillway/spec";
import type { DeadLetterBudget } from "../dead-letter-budget.ts";

/** Counts messages against a dead-letter budget. */
export class DeadLetterMeter {
  readonly budget: DeadLetterBudget;
  readonly #recent: Uint8Array;
  #seen = 0;
  #dead = 0;
  #inRow = 0;

  constructor(budget: DeadLetterBudget) {
    this.budget = budget;
    this.#recent = new Uint8Array(budget.window);
  }

  /** A message has passed. */
  passed(): void {
    this.#inRow = 0;
    this.#remember(0);
  }

  /** A message is to be dead-lettered; says what that is too much of, or undefined while it is within the budget. */
  dead(disposition: Disposition): string | undefined {
    const { dispositions, maxConsecutive, maxRatio, window } = this.budget;
    if (dispositions !== undefined && !dispositions.includes(disposition)) return undefined;
    this.#inRow++;
    this.#remember(1);
    if (this.#inRow > maxConsecutive) return `${this.#inRow} dead letters in a row (at most ${maxConsecutive})`;
    if (this.#seen >= window && this.#dead / window > maxRatio)
      return `${this.#dead} dead letters among the last ${window} messages (at most ${maxRatio * 100}%)`;
    return undefined;
  }

  /** Forgets all that was counted. */
  reset(): void {
    this.#recent.fill(0);
    this.#seen = 0;
    this.#dead = 0;
    this.#inRow = 0;
  }

  #remember(dead: 0 | 1): void {
    const place = this.#seen++ % this.#recent.length;
    this.#dead += dead - (this.#recent[place] as number);
    this.#recent[place] = dead;
  }
}
