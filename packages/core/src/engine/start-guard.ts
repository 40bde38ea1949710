import type { Message } from "@spillway/spec";
import type { RunnableStage } from "./stage.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";

/** The messages of a feed that were let in and have not ended. */
export interface UnderWay {
  /** How many there are. */
  readonly started: number;
  /** Whether one of them is being attempted, or may be at any moment, beside those that wait for a retry or a dead letter. Walks over all of them. */
  isAnyAttempted(waiting: ReadonlySet<Message<unknown>>): boolean;
}

/** Decides, where a process may have been killed by a message, which message of a feed may start and how. */
export interface StartGuard {
  /** Whether this message may start now; asked again when another one has ended. */
  mayStart(message: Message<unknown>, underWay: UnderWay): boolean;
  /** Sends the delivery into the chain by `enter`, at once or when it has been written down; or marks it failed first. */
  begin(delivery: TrackedDelivery, enter: (delivery: TrackedDelivery) => void): void;
  /** The delivery's attempt has failed; it waits for a policy, and is not being attempted meanwhile. */
  paused(delivery: TrackedDelivery): void;
  /** The delivery's next attempt is due: `go` starts it, now or when it may be started. */
  retry(delivery: TrackedDelivery, go: () => void): void;
  /** The delivery has ended. */
  ended(delivery: TrackedDelivery): void;
}

/** What a message that kills the process has failed at. */
export const crashedAt: RunnableStage = {
  name: "crashed",
  start() {
    // Never tried again: its failure is permanent.
  },
};
