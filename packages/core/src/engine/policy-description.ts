import type { StageDescription } from "./description.ts";
import { leavesFailures } from "./failure-policy.ts";
import type { Failure } from "./mark.ts";
import type { Run } from "./run-context.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";

/** What a policy is described by: it looks at failed deliveries and lets all others pass. */
export interface PolicyDescription {
  readonly kind: string;
  readonly says: string;
  /** Decides about a failed delivery: calls `pass` to hand it on as it is, or sees to it otherwise. */
  failed(delivery: TrackedDelivery, failure: Failure, run: Run, pass: () => void): void;
}

/** Describes a stage that decides about failures. */
export function describePolicy(policy: PolicyDescription): StageDescription {
  return {
    kind: policy.kind,
    name: undefined,
    says: policy.says,
    promise: undefined,
    failures: leavesFailures,
    role: { is: "inside" },
    build: ({ run, next }) => {
      // Apart from accept: a function with a closure over its parameter allocates for that at each call, whether it makes the closure or not.
      const decide = (delivery: TrackedDelivery, failure: Failure): void =>
        policy.failed(delivery, failure, run, () => next.accept(delivery));
      return {
        open: next.open,
        accept(delivery) {
          const { mark } = delivery;
          if (mark === undefined || mark.kind !== "failed") next.accept(delivery);
          else decide(delivery, mark);
        },
      };
    },
  };
}
