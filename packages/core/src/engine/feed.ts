import type { Message, Original } from "@spillway/spec";
import type { Credits } from "./credits.ts";
import { Family } from "./family.ts";
import type { Gate } from "./gate.ts";
import type { FinalOutcome, Home, Origin, Parking } from "./home.ts";
import { laneKey } from "./lane-key.ts";
import { hashOf, LaneTable } from "./lane-table.ts";
import type { DoneChildren } from "./notes.ts";
import type { Ordering } from "./ordering.ts";
import { Ring } from "./ring.ts";
import type { Run } from "./run-context.ts";
import { sizeOf } from "./size-of.ts";
import type { StartGuard } from "./start-guard.ts";
import { TrackedDelivery } from "./tracked-delivery.ts";
import { PlaceState, Window } from "./window.ts";

/** What a window's place keeps: the message while it waits, its delivery while that is under way, and then the owner's note on it. */
export type Place = Message<unknown> | TrackedDelivery | string;

/** The side of a feed that knows where its messages come from: a partition's session or a queue's intake. */
export interface FeedOwner {
  readonly credits: Credits;
  readonly origin: Origin;
  /** The bytes that a message arrived with. */
  original(message: Message<unknown>): Original;
  /** What is kept of a message that was settled before an earlier one. */
  noteOf(message: Message<unknown>): string;
  /** Whether a delivery is settled only when the source has confirmed it: then `conclude` is called, which sees to that. */
  readonly confirms: boolean;
  conclude(delivery: TrackedDelivery, outcome: FinalOutcome): void;
  /** A message was settled; `passed` is the last place before the watermark if that has moved. */
  settled(passed: Place | undefined): void;
  /** A message that an earlier run had settled was found. */
  skipped(passed: Place | undefined): void;
  /** Gives a failed message back to the source, to be delivered again after a delay; false when the source cannot do that. */
  giveBack(delivery: TrackedDelivery, delayMs: number): boolean;
  /** A delivery was aborted: the watermark stays before it. */
  aborted(delivery: TrackedDelivery): void;
  /** Nothing waits and nothing is under way any more. */
  idle(): void;
  /** A key was blocked; so many are. */
  keyBlocked(count: number): void;
  /** Which children of a message an earlier run has ended. */
  doneChildren(message: Message<unknown>): DoneChildren | undefined;
  /** There is something to note in the next checkpoint. */
  noted(): void;
}

/**
 * The messages of one partition or queue between intake and settlement: which wait, which are under way, and what they wait for. It knows nothing of
 * where they come from, nor of what is done with them.
 */
export class Feed implements Home, Parking {
  private readonly run: Run;
  private readonly gate: Gate;
  readonly ordering: Ordering;
  private readonly owner: FeedOwner;
  /** The busy lanes. In the window, each message of a lane has a link to the next one; the last one's is the lane's number, as `asLink` makes it. */
  private readonly lanes = new LaneTable();
  /** The hash of the key last looked for, so that the lane of the message that is started then is entered without another; -1 for none. */
  private hash = -1;
  /** Messages whose lane has become theirs. */
  private readonly ready = new Ring<number>();
  private readonly controller = new AbortController();
  readonly window: Window<Place> = new Window<Place>();
  /** The next message that has not been looked at. */
  private cursor: number = this.window.base;
  private partitionBusy = false;
  private continuesLane = false;
  /** Whether nothing more is let in. */
  closed = false;
  /** Whether the gate has it in its work list. */
  queued = false;
  /** Keys whose messages are dead-lettered without being worked on. */
  blockedKeys: Set<string> | undefined = undefined;
  /** Waiting messages that the source has taken back; they are aborted when their turn comes. */
  readonly takenBack: Map<Message<unknown>, Error> = new Map<Message<unknown>, Error>();
  /** Set while messages are to be started with care. */
  guard: StartGuard | undefined = undefined;
  /** How many have ended. */
  ended = 0;
  /** How many are under way. */
  started = 0;
  /** How many messages wait or are under way. */
  unsettled = 0;

  /** Its priority: 0 is the highest. */
  readonly level: number;

  constructor(run: Run, gate: Gate, ordering: Ordering, level: number, owner: FeedOwner) {
    this.level = level;
    this.run = run;
    this.gate = gate;
    this.ordering = ordering;
    this.owner = owner;
  }

  get origin(): Origin {
    return this.owner.origin;
  }

  blockKey(key: string): void {
    this.blockedKeys ??= new Set<string>();
    this.blockedKeys.add(key);
    this.owner.keyBlocked(this.blockedKeys.size);
  }

  doneChildren(message: Message<unknown>): DoneChildren | undefined {
    return this.owner.doneChildren(message);
  }

  noted(): void {
    this.owner.noted();
  }

  get parking(): Parking {
    return this;
  }

  park(delivery: TrackedDelivery): boolean {
    this.window.setRecord(delivery.sequence, delivery.message);
    this.window.setState(delivery.sequence, PlaceState.parked);
    return true;
  }

  messageAt(sequence: number): Message<unknown> | undefined {
    return this.window.state(sequence) === PlaceState.parked ? (this.window.record(sequence) as Message<unknown>) : undefined;
  }

  unpark(delivery: TrackedDelivery): void {
    this.window.setRecord(delivery.sequence, delivery);
    this.window.setState(delivery.sequence, PlaceState.started);
  }

  get laneScope(): object {
    return this;
  }

  /** The bytes that a message of this feed arrived with. */
  original(message: Message<unknown>): Original {
    return this.owner.original(message);
  }

  /** Aborts when the feed's messages are lost to this process. */
  get abortSignal(): AbortSignal {
    return this.controller.signal;
  }

  /**
   * Adds messages that the source has given; the caller has taken their credits. Those that `isDone` knows were settled by an earlier run: they
   * keep their place and nothing else. Returns how many are new.
   */
  offer(messages: readonly Message<unknown>[], isDone: ((message: Message<unknown>) => boolean) | undefined): number {
    let fresh = messages.length;
    for (const message of messages) {
      const sequence = this.window.append(message);
      if (isDone === undefined || !isDone(message)) continue;
      fresh--;
      this.owner.skipped(this.window.settle(sequence, this.owner.noteOf(message)));
    }
    this.unsettled += fresh;
    this.run.counters.delivered += fresh;
    this.gate.enqueue(this);
    this.gate.pump();
    return fresh;
  }

  /** The next message that no lane holds back, or -1. The gate starts it at once. */
  nextStartable(): number {
    const { window } = this;
    if (this.closed || this.partitionBusy) return -1;
    if (this.ready.size > 0) {
      if (!this.mayStart(this.ready.peek() as number)) return -1;
      this.continuesLane = true;
      return this.ready.shift() as number;
    }
    const byKey = this.ordering === "key";
    while (this.cursor !== window.end) {
      const sequence = this.cursor;
      if (!this.mayStart(sequence)) return -1;
      this.cursor = window.after(sequence);
      if (window.state(sequence) !== PlaceState.waiting) continue;
      if (byKey && this.hangOn(sequence)) continue;
      this.continuesLane = false;
      return sequence;
    }
    return -1;
  }

  /** Makes the delivery of a message that was found startable. */
  deliver(sequence: number, gate: Gate): TrackedDelivery {
    const delivery = new TrackedDelivery(this.window.record(sequence) as Message<unknown>, this, sequence, gate);
    this.window.setRecord(sequence, delivery);
    this.window.setState(sequence, PlaceState.started);
    this.started++;
    if (this.ordering === "partition") {
      this.partitionBusy = true;
      delivery.ownsLane = true;
    } else if (this.continuesLane) delivery.ownsLane = true;
    return delivery;
  }

  /** Enters a delivery that did not leave the gate at once in the lane table. */
  occupy(delivery: TrackedDelivery): void {
    const { sequence } = delivery;
    const { key } = delivery.message;
    if (this.ordering !== "key" || delivery.ownsLane || key === undefined) return;
    const lane = this.lanes.add(key, this.hash < 0 ? hashOf(key) : this.hash, sequence);
    this.window.setLink(sequence, asLink(lane));
    delivery.ownsLane = true;
  }

  /** The owner of a lane leaves it to the next message, if there is one. */
  passLane(delivery: TrackedDelivery): void {
    this.gate.enqueue(this);
    if (this.ordering === "partition") {
      this.partitionBusy = false;
      return;
    }
    const next = this.window.link(delivery.sequence);
    if (next >= 0) this.ready.push(next);
    else this.lanes.remove(asLink(next));
  }

  /** A delivery has come to the end of its pipeline. */
  conclude(delivery: TrackedDelivery, outcome: FinalOutcome): void {
    if (this.owner.confirms) this.owner.conclude(delivery, outcome);
    else this.settle(delivery, outcome);
  }

  paused(delivery: TrackedDelivery): void {
    if (this.guard === undefined) return;
    this.guard.paused(delivery);
    this.gate.enqueue(this);
    this.gate.pump();
  }

  retry(delivery: TrackedDelivery, go: () => void): void {
    if (this.guard === undefined) go();
    else this.guard.retry(delivery, go);
  }

  /** Lets the source delay a failed message by itself; false when it cannot. */
  giveBack(delivery: TrackedDelivery, delayMs: number): boolean {
    return this.owner.giveBack(delivery, delayMs);
  }

  /** Ends a delivery for good. */
  settle(delivery: TrackedDelivery, outcome: FinalOutcome): void {
    if (delivery.settled) return;
    const { sequence, message } = delivery;
    const note = sequence === this.window.base ? delivery : this.owner.noteOf(message);
    const passed = this.window.settle(sequence, note);
    this.run.counters.settle(outcome);
    this.owner.settled(passed);
    this.finish(delivery);
  }

  /** Ends a delivery without an outcome of its own: it counts no attempt and will be delivered again. */
  abort(delivery: TrackedDelivery, reason: Error): void {
    if (delivery.settled) return;
    this.abortAll(
      this.withThoseBehind((each) => each === delivery),
      reason,
    );
  }

  /** The same for a delivery that has left all stages: nothing is behind it. */
  abortDone(delivery: TrackedDelivery, reason: Error): void {
    if (!delivery.settled) this.abortAll([delivery], reason);
  }

  /** Stops letting messages in; those that wait are aborted. Returns them. */
  close(): readonly Message<unknown>[] {
    if (this.closed) return [];
    this.closed = true;
    const waiting = this.waiting();
    for (const message of waiting) {
      this.run.counters.settle("aborted");
      this.owner.credits.release(1, sizeOf(message.value));
    }
    this.unsettled -= waiting.length;
    if (this.unsettled === 0) this.owner.idle();
    return waiting;
  }

  /** Aborts what waits for a time (a retry's delay, a breaker, a child's): it would outlast the drain. */
  abortWaiting(reason: Error): void {
    this.run.wheel.takeAll(this);
    const waits = (each: TrackedDelivery): boolean => each.waits || (each.activity instanceof Family && each.activity.waits);
    this.abortAll(this.withThoseBehind(waits), reason);
  }

  /** Aborts everything that is under way, and tells running handlers. */
  abandon(reason: Error): void {
    this.close();
    this.run.wheel.takeAll(this);
    const late = this.underWay();
    if (late.length > 0 && this.run.listened)
      this.run.emit({ type: "deadline", source: this.origin.source, messages: late.map(({ message }) => message) });
    this.abortAll(late, reason);
    this.controller.abort(reason);
  }

  /** The oldest unsettled message, and its delivery if it was let in. */
  first(): { readonly message: Message<unknown>; readonly delivery: TrackedDelivery | undefined } | undefined {
    const { window } = this;
    const place = window.size === 0 ? undefined : window.record(window.base);
    if (place === undefined || typeof place === "string") return undefined;
    if (place instanceof TrackedDelivery) return { message: place.message, delivery: place };
    const parked = window.state(window.base) === PlaceState.parked ? this.run.wheel.peek(this, window.base) : undefined;
    return { message: place, delivery: parked };
  }

  /** The delivery of a message that was let in and has not ended; one that waits for a retry is taken out of that. */
  takeOut(message: Message<unknown>): TrackedDelivery | undefined {
    let found: TrackedDelivery | undefined;
    this.window.forEach((place, state, sequence) => {
      if (state === PlaceState.started && place instanceof TrackedDelivery && place.message === message) found = place;
      else if (state === PlaceState.parked && place === message) [found] = this.run.wheel.takeAll(this, sequence);
    });
    return found;
  }

  /** The messages that are here and have not been let in, oldest first. */
  waiting(): readonly Message<unknown>[] {
    const messages: Message<unknown>[] = [];
    this.window.forEach((place, state) => {
      if (state === PlaceState.waiting) messages.push(place as Message<unknown>);
    });
    return messages;
  }

  /** The deliveries that have children under way. */
  expanding(): readonly TrackedDelivery[] {
    return this.underWay().filter(({ activity }) => activity instanceof Family);
  }

  /** The deliveries that are under way, oldest first. */
  underWay(): readonly TrackedDelivery[] {
    const deliveries: TrackedDelivery[] = [];
    this.window.forEach((place, state) => {
      if (state === PlaceState.started && !(place as TrackedDelivery).settled) deliveries.push(place as TrackedDelivery);
    });
    return deliveries;
  }

  private mayStart(sequence: number): boolean {
    if (this.guard === undefined) return true;
    if (this.window.state(sequence) !== PlaceState.waiting) return true;
    return this.guard.mayStart(this.window.record(sequence) as Message<unknown>, this.started);
  }

  private hangOn(sequence: number): boolean {
    this.hash = -1;
    if (this.lanes.size === 0) return false;
    const { key } = this.window.record(sequence) as Message<unknown>;
    if (key === undefined) return false;
    this.hash = hashOf(key);
    const lane = this.lanes.find(key, this.hash);
    if (lane < 0) return false;
    this.window.setLink(this.lanes.last(lane), sequence);
    this.window.setLink(sequence, asLink(lane));
    this.lanes.setLast(lane, sequence);
    return true;
  }

  /**
   * Deliveries under way that are to be aborted, and what is behind them in their lanes: it would go on before them, and they are delivered again after it.
   * What has failed for good, or is settled but for a confirmation, starts no attempt any more and stays.
   */
  private withThoseBehind(isAborted: (delivery: TrackedDelivery) => boolean): readonly TrackedDelivery[] {
    const lanes = new Set<string>();
    const found: TrackedDelivery[] = [];
    this.window.forEach((place, state, sequence) => {
      if (state === PlaceState.parked) {
        const lane = this.ordering === "partition" ? "" : (place as Message<unknown>).key;
        if (this.ordering === "none" || lane === undefined || !lanes.has(lane)) return;
        found.push(...this.run.wheel.takeAll(this, sequence));
        return;
      }
      if (state !== PlaceState.started || (place as TrackedDelivery).settled) return;
      const delivery = place as TrackedDelivery;
      const lane = laneKey(delivery);
      const behind = lane !== undefined && lanes.has(lane) && (delivery.mark === undefined || delivery.waits);
      if (!behind && !isAborted(delivery)) return;
      if (lane !== undefined) lanes.add(lane);
      found.push(delivery);
    });
    return found;
  }

  private abortAll(deliveries: readonly TrackedDelivery[], reason: Error): void {
    // All are marked before anything of theirs is given back: a unit or a lane that one leaves must not start another.
    for (const delivery of deliveries) delivery.end();
    for (const delivery of deliveries) {
      delivery.activity?.stop(reason);
      this.run.counters.settle("aborted");
      this.owner.aborted(delivery);
      this.finish(delivery);
    }
  }

  private finish(delivery: TrackedDelivery): void {
    delivery.settled = true;
    this.started--;
    this.ended++;
    this.unsettled--;
    this.owner.credits.release(1, sizeOf(delivery.message.value));
    const { holder, hasUnit, ownsLane } = delivery;
    if (holder !== undefined) {
      delivery.leaveHolder();
      holder.release(delivery, hasUnit, ownsLane);
    }
    if (this.guard !== undefined) {
      this.guard.ended(delivery);
      this.gate.enqueue(this);
      this.gate.pump();
    }
    if (this.unsettled === 0) this.owner.idle();
  }
}

/** A lane's number as a link that is neither a sequence number nor "none"; and the other way round. */
function asLink(lane: number): number {
  return -2 - lane;
}
