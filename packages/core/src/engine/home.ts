import type { Message, Original, Outcome, PartitionId } from "@spillway/spec";
import type { DoneChildren } from "./notes.ts";
import type { Ordering } from "./ordering.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";

/** Where deliveries come from, for dead letters and explain(). */
export interface Origin {
  readonly kind: "log" | "queue";
  readonly source: string;
  readonly consumer: string | undefined;
  readonly partition: PartitionId | undefined;
}

/** An outcome that is not delivered again. */
export type FinalOutcome = Exclude<Outcome, "aborted">;

/** Where a delivery belongs, and so what settling and aborting it mean: the feed of a partition or queue, or the family of an expanded message. */
export interface Home {
  readonly ordering: Ordering;
  readonly origin: Origin;
  /** Lanes of equal names within one scope are one lane. */
  readonly laneScope: object;
  /** Aborts when its deliveries are lost to this process. */
  readonly abortSignal: AbortSignal;
  /** Whether nothing new is to be begun, because it is being given back. */
  readonly closed: boolean;
  /** Keeps messages in place of deliveries that wait; undefined where each delivery is kept as it is. */
  readonly parking: Parking | undefined;
  /** A handler of a delivery has not answered at once; its stage knows of it as long as it runs. Called last of all, because it may abort the delivery. */
  begin(delivery: TrackedDelivery): void;
  /** Keeps a delivery that has not ended. Called before anything but a handler goes on for it that does not end at once. */
  hold(delivery: TrackedDelivery): void;
  /** The same for one that was sent on, and for which nothing goes on: it waits somewhere. */
  keep(delivery: TrackedDelivery): void;
  /** The bytes that a message arrived with. */
  original(message: Message<unknown>): Original;
  /** The source's message that a delivery is of, or was made of. */
  sourceMessage(delivery: TrackedDelivery): Message<unknown>;
  /** A delivery has come to the end of its pipeline. */
  conclude(delivery: TrackedDelivery, outcome: FinalOutcome): void;
  /** Ends a delivery without an outcome of its own: it counts no attempt and will be delivered again. */
  abort(delivery: TrackedDelivery, reason: Error): void;
  /** A delivery's attempt has failed and it waits for a policy. */
  paused(delivery: TrackedDelivery): void;
  /** A delivery's next attempt is due: `go` starts it, now or when it may be started. */
  retry(delivery: TrackedDelivery, go: () => void): void;
  /** Lets the source delay a failed message by itself; false when it cannot. */
  giveBack(delivery: TrackedDelivery, delayMs: number): boolean;
  /** Keys whose messages are to be dead-lettered without being worked on; undefined while there are none. */
  readonly blockedKeys: ReadonlySet<string> | undefined;
  /** From now on, messages of this key are dead-lettered without being worked on, until it is cleared. */
  blockKey(key: string): void;
  /** Whether a message of the same key that comes before this one is not settled. Walks over all that is under way. */
  hasEarlierOfKey(delivery: TrackedDelivery): boolean;
  /** Which children of a message an earlier run has ended. */
  doneChildren(message: Message<unknown>): DoneChildren | undefined;
  /** Something is to be noted in the next checkpoint. */
  noted(): void;
  /** A delivery that did not leave the gate at once takes possession of its lane. */
  occupy(delivery: TrackedDelivery): void;
  /** The owner of a lane at the gate leaves it to the next message. */
  passLane(delivery: TrackedDelivery): void;
}

/** How a home keeps the message of a delivery that was taken apart while it waits. */
export interface Parking {
  /** Keeps the message in the delivery's place; false when that is not possible. */
  park(delivery: TrackedDelivery): boolean;
  messageAt(sequence: number): Message<unknown> | undefined;
  /** Puts the delivery that goes on in the message's place. */
  unpark(delivery: TrackedDelivery): void;
}

/** What can be going on for a delivery: a handler that is called or runs, or children that are under way. */
export interface Activity {
  /** Aborts with what goes on for this delivery. */
  signalOf(delivery: TrackedDelivery): AbortSignal;
  /** Its delivery has ended: it may not start anything more; `stop` follows. */
  end(): void;
  /** Ends it without an answer. */
  stop(reason: Error): void;
}
