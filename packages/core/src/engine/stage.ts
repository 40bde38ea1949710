import type { TrackedDelivery } from "./tracked-delivery.ts";

/** One link of the running chain: it takes a delivery, works on it, and hands it to the next. */
export interface Acceptor {
  /** Where a delivery without a mark may be sent at once: to this link, or past it when it does nothing with those. */
  readonly open: Acceptor;
  accept(delivery: TrackedDelivery): void;
}

/** A stage that works on deliveries, and so can fail and be asked to try one again with the input it had. */
export interface RunnableStage {
  /** As explain() and dead letters name it. */
  readonly name: string;
  /** Runs an attempt; the delivery holds a unit. */
  start(delivery: TrackedDelivery): void;
}

/** Decides when a delivery may be worked on: it keeps lanes in order and hands out units of concurrency. */
export interface Admission {
  /** The delivery has failed and waits for a policy: it gives up its unit and keeps its lane. */
  park(delivery: TrackedDelivery): void;
  /** Asks for a unit for a parked delivery; the stage starts it when there is one. */
  resume(delivery: TrackedDelivery, stage: RunnableStage): void;
  /** The delivery has left the stage, or is settled: gives back what it had here. */
  release(delivery: TrackedDelivery, unit: boolean, lane: boolean): void;
}
