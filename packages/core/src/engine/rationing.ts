import type { RetryBudget } from "../retry-budget.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";

/** How a retry policy rations its attempts: one for each policy that names a budget. */
export interface Rationing {
  readonly budget: RetryBudget;
  /** Whether a delivery that has waited for the budget has become too old for its next attempt. */
  isTooLate(delivery: TrackedDelivery): boolean;
  /** Passes on a delivery that has become too old. */
  giveUp(delivery: TrackedDelivery): void;
}
