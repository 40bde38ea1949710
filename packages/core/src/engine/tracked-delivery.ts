import type { Message, Outcome } from "@spillway/spec";
import type { Feed } from "./feed.ts";
import type { Failure, Mark } from "./mark.ts";
import type { Slot } from "./slot.ts";
import type { Admission, RetryableStage } from "./stage.ts";

/** The engine's own view of a delivery: the public one, and where it stands. It also is the context that a handler gets. */
export class TrackedDelivery {
  readonly message: Message<unknown>;
  value: unknown;
  attempt = 1;
  readonly feed: Feed;
  /** Its place in the feed's window. */
  readonly sequence: number;
  /** Set once it is no longer open. */
  mark: Mark | undefined = undefined;
  /** The last failure at the present stage, kept over its retries for the time of the first one. */
  lastFailure: Failure | undefined = undefined;
  /** Where it holds a unit, a lane or a place in a queue; undefined between stages. */
  holder: Admission | undefined;
  /** Whether it has one of the holder's units. */
  hasUnit = true;
  /** Whether it owns its lane at the holder, so that others queue behind it. */
  ownsLane = false;
  /** The stage that starts it when it gets a unit. */
  pendingStage: RetryableStage | undefined = undefined;
  /** The slot of the handler that is running it. */
  slot: Slot | undefined = undefined;
  /** Whether it is in the retry wheel. */
  waitsForRetry = false;
  settled = false;
  /** How it ends; set when it has come to the end of its pipeline. */
  outcome: Outcome | undefined = undefined;

  constructor(message: Message<unknown>, feed: Feed, sequence: number, holder: Admission | undefined) {
    this.message = message;
    this.value = message.value;
    this.feed = feed;
    this.sequence = sequence;
    this.holder = holder;
  }

  /** Aborts when the handler's time is up or the message was lost to this process. */
  get signal(): AbortSignal {
    return this.slot === undefined ? this.feed.abortSignal : this.slot.signal;
  }
}
