import type { Message, Outcome } from "@spillway/spec";
import type { Activity, Home } from "./home.ts";
import type { Failure, Mark } from "./mark.ts";
import type { Admission, RunnableStage } from "./stage.ts";

/** The engine's own view of a delivery: the public one, and where it stands. It also is the context that a handler gets. */
export class TrackedDelivery {
  readonly message: Message<unknown>;
  value: unknown;
  attempt = 1;
  readonly feed: Home;
  /** Its place in the feed's window. */
  readonly sequence: number;
  /** Set once it is no longer open. */
  mark: Mark | undefined = undefined;
  /** The last failure at the present stage, kept over its retries for the time of the first one. */
  lastFailure: Failure | undefined = undefined;
  /** Where it holds a unit, a lane or a place in a queue; undefined between stages. */
  holder: Admission | undefined;
  /** The stage that is working on it, or will when it gets a unit. */
  stage: RunnableStage | undefined = undefined;
  /** The handler that is running it, made when it is first needed; or its children. */
  activity: Activity | undefined = undefined;
  /** Whether it has one of the holder's units. */
  hasUnit = true;
  /** Whether it owns its lane at the holder, so that others queue behind it. */
  ownsLane: boolean;
  /** Whether it waits for a time, or for others, and is aborted in a drain instead of waited for. */
  waits = false;
  /** Whether it has ended; nothing is done with it any more. */
  settled = false;
  /** Whether a stage's function is being called with it at this moment. */
  called = false;
  /** Whether its dead letter waits for what is before it in its lane. */
  follows = false;

  constructor(message: Message<unknown>, feed: Home, sequence: number, holder: Admission | undefined, ownsLane: boolean) {
    this.message = message;
    this.value = message.value;
    this.feed = feed;
    this.sequence = sequence;
    this.holder = holder;
    this.ownsLane = ownsLane;
  }

  /** Whether it is at a stage, and nothing is done with it there unless with another one of its lane. */
  get standsBehind(): boolean {
    return this.holder !== undefined && this.activity === undefined && !this.hasUnit && !this.ownsLane;
  }

  /** How it ends, for those who look at what a pipeline emits. */
  get outcome(): Outcome {
    if (this.mark === undefined) return "succeeded";
    return this.mark.kind === "failed" ? "aborted" : this.mark.kind;
  }

  /** Why it was turned away, for the same; undefined where it was not. */
  get reason(): string | undefined {
    return this.mark?.kind === "filtered" ? this.mark.reason : undefined;
  }

  /** Aborts when the handler's time is up or the message was lost to this process. */
  get signal(): AbortSignal {
    this.activity ??= this.stage?.activityFor(this);
    return this.activity?.signal ?? this.feed.abortSignal;
  }

  /** A stage has succeeded with it, after attempts that had failed: the next one begins with its first. */
  recover(): void {
    this.attempt = 1;
    this.lastFailure = undefined;
  }

  /** It has ended, and so has all that is going on for it: nothing of it may start any more. What it holds is given back by whoever calls this. */
  end(): void {
    this.settled = true;
    this.activity?.end();
  }

  /** It leaves the stage that it was at: what it held there is given back by whoever calls this. */
  leaveHolder(): void {
    this.holder = undefined;
    this.hasUnit = false;
    this.ownsLane = false;
  }

  /** It leaves the stage that it was at, and gives back what it held there. */
  giveUpHolder(): void {
    const { holder, hasUnit, ownsLane } = this;
    this.leaveHolder();
    holder?.release(this, hasUnit, ownsLane);
  }
}
