import type { Message, Outcome } from "@spillway/spec";
import type { Activity, Home } from "./home.ts";
import type { Failure, Mark } from "./mark.ts";
import type { Admission, RunnableStage } from "./stage.ts";

const hasUnit = 1;
const ownsLane = 2;
const waits = 4;
const settled = 8;
const called = 16;
const follows = 32;

/**
 * The engine's own view of a delivery: the public one, and where it stands. It also is the context that a handler gets. There is one for each message
 * that is under way, so that its yes-or-no facts share a field.
 */
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
  private facts = hasUnit;

  constructor(message: Message<unknown>, feed: Home, sequence: number, holder: Admission | undefined) {
    this.message = message;
    this.value = message.value;
    this.feed = feed;
    this.sequence = sequence;
    this.holder = holder;
  }

  /** Whether it has one of the holder's units. */
  get hasUnit(): boolean {
    return (this.facts & hasUnit) !== 0;
  }

  set hasUnit(value: boolean) {
    this.set(hasUnit, value);
  }

  /** Whether it owns its lane at the holder, so that others queue behind it. */
  get ownsLane(): boolean {
    return (this.facts & ownsLane) !== 0;
  }

  set ownsLane(value: boolean) {
    this.set(ownsLane, value);
  }

  /** Whether it waits for a time, or for others, and is aborted in a drain instead of waited for. */
  get waits(): boolean {
    return (this.facts & waits) !== 0;
  }

  set waits(value: boolean) {
    this.set(waits, value);
  }

  /** Whether it has ended; nothing is done with it any more. */
  get settled(): boolean {
    return (this.facts & settled) !== 0;
  }

  set settled(value: boolean) {
    this.set(settled, value);
  }

  /** Whether it is at a stage, and nothing is done with it there unless with another one of its lane. */
  get standsBehind(): boolean {
    return this.holder !== undefined && this.activity === undefined && (this.facts & (hasUnit | ownsLane)) === 0;
  }

  /** Whether a stage's function is being called with it at this moment. */
  get called(): boolean {
    return (this.facts & called) !== 0;
  }

  set called(value: boolean) {
    this.set(called, value);
  }

  /** Whether its dead letter waits for what is before it in its lane. */
  get follows(): boolean {
    return (this.facts & follows) !== 0;
  }

  set follows(value: boolean) {
    this.set(follows, value);
  }

  /** How it ends, for those who look at what a pipeline emits. */
  get outcome(): Outcome {
    if (this.mark === undefined) return "succeeded";
    return this.mark.kind === "failed" ? "aborted" : this.mark.kind;
  }

  /** Aborts when the handler's time is up or the message was lost to this process. */
  get signal(): AbortSignal {
    this.activity ??= this.stage?.activityFor(this);
    return this.activity?.signal ?? this.feed.abortSignal;
  }

  /** It has ended, and so has all that is going on for it: nothing of it may start any more. What it holds is given back by whoever calls this. */
  end(): void {
    this.settled = true;
    this.activity?.end();
  }

  /** It leaves the stage that it was at: what it held there is given back by whoever calls this. */
  leaveHolder(): void {
    this.holder = undefined;
    this.facts &= ~(hasUnit | ownsLane);
  }

  /** It leaves the stage that it was at, and gives back what it held there. */
  giveUpHolder(): void {
    const { holder, hasUnit, ownsLane } = this;
    this.leaveHolder();
    holder?.release(this, hasUnit, ownsLane);
  }

  private set(fact: number, value: boolean): void {
    if (value) this.facts |= fact;
    else this.facts &= ~fact;
  }
}
