import type { Message, Outcome } from "@spillway/spec";
import type { Activity, Home } from "./home.ts";
import type { Failure, Mark } from "./mark.ts";
import type { Admission, RunnableStage } from "./stage.ts";

// What is true of a delivery or not, all in one number: the size of deliveries is much of what a message that succeeds costs.
const unit = 1;
const lane = 2;
const waiting = 4;
const ended = 8;
const following = 16;

/** The engine's own view of a delivery: the public one, and where it stands. It also is the context that a handler gets. */
export class TrackedDelivery {
  readonly message: Message<unknown>;
  value: unknown;
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
  /** The call or the handler that is running it; or its children. Undefined while nothing goes on for it. */
  activity: Activity | undefined = undefined;
  private facts: number;

  constructor(message: Message<unknown>, feed: Home, sequence: number, holder: Admission | undefined, ownsLane: boolean) {
    this.message = message;
    this.value = message.value;
    this.feed = feed;
    this.sequence = sequence;
    this.holder = holder;
    this.facts = ownsLane ? unit | lane : unit;
  }

  /** Whether it has one of the holder's units. */
  get hasUnit(): boolean {
    return (this.facts & unit) !== 0;
  }

  set hasUnit(is: boolean) {
    this.facts = is ? this.facts | unit : this.facts & ~unit;
  }

  /** Whether it owns its lane at the holder, so that others queue behind it. */
  get ownsLane(): boolean {
    return (this.facts & lane) !== 0;
  }

  set ownsLane(is: boolean) {
    this.facts = is ? this.facts | lane : this.facts & ~lane;
  }

  /** Whether it waits for a time, or for others, and is aborted in a drain instead of waited for. */
  get waits(): boolean {
    return (this.facts & waiting) !== 0;
  }

  set waits(is: boolean) {
    this.facts = is ? this.facts | waiting : this.facts & ~waiting;
  }

  /** Whether its dead letter waits for what is before it in its lane. */
  get follows(): boolean {
    return (this.facts & following) !== 0;
  }

  set follows(is: boolean) {
    this.facts = is ? this.facts | following : this.facts & ~following;
  }

  /** Whether it has ended; nothing is done with it any more. */
  get settled(): boolean {
    return (this.facts & ended) !== 0;
  }

  /** Which attempt of the present stage this is: 1 for the first. */
  get attempt(): number {
    if (this.lastFailure === undefined) return 1;
    return this.mark === undefined ? this.lastFailure.attempts + 1 : this.lastFailure.attempts;
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
    return this.activity?.signalOf(this) ?? this.feed.abortSignal;
  }

  /** A stage has succeeded with it, after attempts that had failed: the next one begins with its first. */
  recover(): void {
    this.lastFailure = undefined;
  }

  /** It has ended. What it holds is given back by whoever calls this. */
  settle(): void {
    this.facts |= ended;
  }

  /** It has ended, and so has all that is going on for it: nothing of it may start any more. What it holds is given back by whoever calls this. */
  end(): void {
    this.settle();
    this.activity?.end();
  }

  /** Ends what goes on for it without an answer. */
  stop(reason: Error): void {
    this.activity?.stop(reason);
    this.activity = undefined;
  }

  /** It leaves the stage that it was at: what it held there is given back by whoever calls this. */
  leaveHolder(): void {
    this.holder = undefined;
    this.facts &= ~(unit | lane);
  }

  /** It leaves the stage that it was at, and gives back what it held there. */
  giveUpHolder(): void {
    const { holder, hasUnit, ownsLane } = this;
    this.leaveHolder();
    holder?.release(this, hasUnit, ownsLane);
  }

  /** It was sent on and has not ended: if nothing goes on for it, it waits somewhere, and its home keeps it meanwhile. */
  stay(): void {
    if (this.activity === undefined) this.feed.keep(this);
  }
}
