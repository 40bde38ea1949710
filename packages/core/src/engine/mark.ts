import { failureClassOf, type Disposition, type FailureClass } from "@spillway/spec";
import type { Rationing } from "./rationing.ts";
import type { RunnableStage } from "./stage.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";

/** What a delivery carries once it is no longer open: later stages pass it on untouched. */
export type Mark = Failure | Filtered | DeadLettered;

/** A stage failed; policies decide what comes of it. */
export interface Failure {
  readonly kind: "failed";
  readonly error: unknown;
  /** Undefined until `classify`, the error itself or the default names it. */
  failureClass: FailureClass | undefined;
  /** Set by the policy that gave up, or by a stage that knows it (decode). */
  disposition: Disposition | undefined;
  readonly stage: RunnableStage;
  readonly attempts: number;
  readonly firstFailedAtMs: number;
  readonly lastFailedAtMs: number;
  /** How long it waited before the attempt that failed; 0 for the first. */
  readonly previousDelayMs: number;
  /** How long it waits for the next attempt; set by the policy that asks for one. */
  delayMs: number;
  /** What the next attempt waits for when its delay is over. */
  rationing: Rationing | undefined;
}

/** A filter turned it away. */
export interface Filtered {
  readonly kind: "filtered";
  readonly reason: string;
}

/** A sink holds its dead letter. */
export interface DeadLettered {
  readonly kind: "dead-lettered";
  readonly failure: Failure;
}

/** Marks a delivery failed at a stage; the time of the first failure is kept over its retries. */
export function markFailed(
  delivery: TrackedDelivery,
  stage: RunnableStage,
  error: unknown,
  disposition: Disposition | undefined,
  nowMs: number,
): void {
  const failure: Failure = {
    kind: "failed",
    error,
    failureClass: failureClassOf(error),
    disposition,
    stage,
    attempts: delivery.attempt,
    firstFailedAtMs: delivery.lastFailure?.firstFailedAtMs ?? nowMs,
    lastFailedAtMs: nowMs,
    previousDelayMs: delivery.lastFailure?.delayMs ?? 0,
    delayMs: 0,
    rationing: undefined,
  };
  delivery.mark = failure;
  delivery.lastFailure = failure;
}
