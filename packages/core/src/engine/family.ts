import { inspect } from "node:util";
import type { Message, Original, Payload } from "@spillway/spec";
import { ChildLedger } from "./child-ledger.ts";
import type { DoneChildren } from "./notes.ts";
import type { Activity, FinalOutcome, Home, Origin } from "./home.ts";
import { laneKey } from "./lane-key.ts";
import type { Ordering } from "./ordering.ts";
import type { Run } from "./run-context.ts";
import { TrackedDelivery } from "./tracked-delivery.ts";
import { sharedController } from "./shared-controller.ts";

/** What a family is made of. */
export interface FamilyOptions {
  readonly run: Run;
  readonly parent: TrackedDelivery;
  /** Whether the children stay in the parent's lane, or are free. */
  readonly ordering: "parent" | "none";
  /** The bytes of a child, for its dead letter. */
  readonly toPayload: (value: unknown) => Payload;
  /** A child has ended; asked for more, or to end the parent. */
  readonly changed: () => void;
  /** All children wait for a policy, and no other may come before one of them has ended. */
  readonly rested: () => void;
}

/** The children of one expanded message: each is settled by itself, and all are aborted with their parent. */
export class Family implements Home, Activity {
  readonly parent: TrackedDelivery;
  readonly #options: FamilyOptions;
  readonly #underWay = new Set<TrackedDelivery>();
  readonly #controller = sharedController();
  readonly #done: ChildLedger;
  /** Children that have failed and wait for a policy. */
  readonly #paused = new Set<TrackedDelivery>();
  /** Whether another child may come at any moment. */
  #bearing = true;
  /** Whether nothing of the family is being attempted, and its feed knows that. */
  #resting = false;
  /** What goes on when something of it may be attempted again; empty while nobody has asked for that. */
  readonly #whenAwake: (() => void)[] = [];
  /** How many children there were so far. */
  born = 0;

  constructor(options: FamilyOptions) {
    this.parent = options.parent;
    this.#done = new ChildLedger(options.parent.feed.doneChildren(options.parent.message));
    this.#options = options;
  }

  /** How many children have not ended. */
  get size(): number {
    return this.#underWay.size;
  }

  /** The oldest child that has not ended: what the message waits for. */
  get first(): TrackedDelivery | undefined {
    for (const child of this.#underWay) return child;
    return undefined;
  }

  signalOf(): AbortSignal {
    return this.#controller.signal;
  }

  get abortSignal(): AbortSignal {
    return this.#controller.signal;
  }

  get ordering(): Ordering {
    return this.#options.ordering === "none" ? "none" : this.parent.feed.ordering;
  }

  get origin(): Origin {
    return this.parent.feed.origin;
  }

  get laneScope(): object {
    return this.parent.feed.laneScope;
  }

  get blockedKeys(): ReadonlySet<string> | undefined {
    return this.parent.feed.blockedKeys;
  }

  blockKey(key: string): void {
    this.parent.feed.blockKey(key);
  }

  hasEarlierOfKey(child: TrackedDelivery): boolean {
    if (this.ordering !== "none") for (const { sequence } of this.#underWay) if (sequence < child.sequence) return true;
    return this.parent.feed.hasEarlierOfKey(this.parent);
  }

  doneChildren(): undefined {
    // Which grandchildren were done is not kept.
    return undefined;
  }

  noted(): void {
    this.parent.feed.noted();
  }

  get parking(): undefined {
    // Children have no place in a window.
    return undefined;
  }

  get closed(): boolean {
    return this.parent.feed.closed;
  }

  /** Which children have ended for good, for the checkpoint. */
  get done(): DoneChildren {
    return this.#done.snapshot();
  }

  keep(): void {
    // A child never is at the gate.
  }

  hold(): void {
    // Every child is held from its birth.
  }

  begin(): void {
    // A child never is at the gate, and is aborted with its family.
  }

  /** Makes the next child; undefined when an earlier run has ended it. */
  spawn(value: unknown): TrackedDelivery | undefined {
    const index = this.born++;
    if (this.#done.has(index)) return undefined;
    const child = new TrackedDelivery(childMessage(this.parent.message, value, index), this, index, undefined, false);
    child.hasUnit = false;
    this.#underWay.add(child);
    this.#options.run.counters.delivered++;
    return child;
  }

  original(message: Message<unknown>): Original {
    return { key: this.parent.feed.original(this.parent.message).key, payload: this.#payloadOf(message.value) };
  }

  sourceMessage(): Message<unknown> {
    return this.parent.feed.sourceMessage(this.parent);
  }

  /** What cannot be made bytes of is shown as it prints: a dead letter that cannot be redriven is better than none. */
  #payloadOf(value: unknown): Payload {
    try {
      return this.#options.toPayload(value);
    } catch {
      return Buffer.from(inspect(value));
    }
  }

  conclude(child: TrackedDelivery, outcome: FinalOutcome): void {
    // What is behind it goes on when it has ended: that is an attempt.
    if (this.#resting) this.#attempt(() => this.#conclude(child, outcome));
    else this.#conclude(child, outcome);
  }

  /** A child that cannot go on takes its parent with it: the parent is delivered again, and so are its children. */
  abort(_child: TrackedDelivery, reason: Error): void {
    this.parent.feed.abort(this.parent, reason);
  }

  /** A careful start goes by the parent, which is not being attempted while all of its children wait. */
  paused(child: TrackedDelivery): void {
    this.#paused.add(child);
    this.#rest();
  }

  retry(child: TrackedDelivery, go: () => void): void {
    this.#attempt(() => {
      this.#paused.delete(child);
      go();
    });
  }

  /** Whether the next child may be made: there is room for it, and the parent may be attempted. If not, `changed` tells when to ask again. */
  mayBear(most: number): boolean {
    const hasRoom = this.size < most;
    if (hasRoom && this.#resting && this.#whenAwake.length === 0) this.#attempt(() => this.#options.changed());
    this.#bearing = hasRoom && !this.#resting;
    if (!hasRoom) this.#rest();
    return this.#bearing;
  }

  /** Whether each child waits for a policy, or stands behind another delivery of its lane. */
  get stands(): boolean {
    if (this.#bearing) return false;
    for (const child of this.#underWay) if (!this.#paused.has(child) && !child.standsBehind) return false;
    return true;
  }

  /** All children are made. */
  bearsNoMore(): void {
    this.#bearing = false;
    this.#rest();
  }

  giveBack(): boolean {
    return false;
  }

  occupy(): void {
    // A child never is at the gate.
  }

  passLane(): void {
    // A child never is at the gate.
  }

  end(): void {
    for (const child of this.#underWay) child.end();
  }

  stop(reason: Error): void {
    for (const child of [...this.#underWay]) {
      child.stop(reason);
      this.#end(child, "aborted");
    }
    this.#controller.abort(reason);
    this.#options.changed();
  }

  /** Whether a child waits for a time, such as a retry's delay. */
  get waits(): boolean {
    for (const child of this.#underWay) if (child.waits) return true;
    return false;
  }

  #conclude(child: TrackedDelivery, outcome: FinalOutcome): void {
    if (child.settled) return;
    this.#end(child, outcome);
    this.#rest();
    this.#done.add(child.sequence);
    this.parent.feed.noted();
    this.#options.changed();
  }

  /** Goes on with what attempts something of it: at once, or when the parent may be attempted again. */
  #attempt(go: () => void): void {
    if (!this.#resting) {
      go();
      return;
    }
    this.#whenAwake.push(go);
    if (this.#whenAwake.length > 1) return;
    const { parent } = this;
    parent.feed.retry(parent, () => {
      this.#resting = false;
      for (const task of this.#whenAwake.splice(0)) task();
    });
  }

  #rest(): void {
    if (this.#resting || this.#bearing || !this.#allWait()) return;
    this.#resting = true;
    this.#options.rested();
    this.parent.feed.paused(this.parent);
  }

  /** Whether each child waits for a policy, or behind one of its lane that does. */
  #allWait(): boolean {
    if (this.#paused.size === 0) return false;
    let isBehind = false;
    for (const child of this.#underWay) {
      const waits = this.#paused.has(child);
      if (!waits && !isBehind) return false;
      isBehind ||= waits && laneKey(child) !== undefined;
    }
    return true;
  }

  #end(child: TrackedDelivery, outcome: FinalOutcome | "aborted"): void {
    child.settle();
    this.#underWay.delete(child);
    this.#paused.delete(child);
    this.#options.run.counters.settle(outcome);
    child.giveUpHolder();
    this.#options.run.whenEnded?.(child);
  }
}

function childMessage(parent: Message<unknown>, value: unknown, index: number): Message<unknown> {
  const { key, headers, timestampMs } = parent;
  const child = { id: `${parent.id}#${index}`, key, value, headers, timestampMs };
  return "position" in parent ? Object.assign(child, { position: parent.position }) : child;
}
