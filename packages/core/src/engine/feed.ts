import type { Message, Original, PartitionId } from "@spillway/spec";
import type { Credits } from "./credits.ts";
import { Family } from "./family.ts";
import { FeedLanes } from "./feed-lanes.ts";
import type { Gate } from "./gate.ts";
import type { FinalOutcome, Home, Origin, Parking } from "./home.ts";
import type { DoneChildren } from "./notes.ts";
import type { Ordering } from "./ordering.ts";
import type { Run } from "./run-context.ts";
import { sizeOf } from "./size-of.ts";
import type { StartGuard, UnderWay } from "./start-guard.ts";
import { TrackedDelivery } from "./tracked-delivery.ts";
import { PlaceState, Window } from "./window.ts";
import { withThoseBehind } from "./with-those-behind.ts";
import { sharedController } from "./shared-controller.ts";

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
  /** A message was settled; whether that moved the watermark. */
  settled(moved: boolean): void;
  /** A message that an earlier run had settled was found; whether that moved the watermark. */
  skipped(moved: boolean): void;
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
export class Feed implements Home, Parking, UnderWay {
  private readonly run: Run;
  private readonly gate: Gate;
  readonly ordering: Ordering;
  private readonly owner: FeedOwner;
  private readonly controller = sharedController();
  readonly window: Window<Place> = new Window<Place>();
  /** The next message that has not been looked at. */
  private cursor: number = this.window.base;
  private readonly lanes: FeedLanes;
  /** Whether nothing more is let in. */
  closed = false;
  /** Why everything here was aborted; undefined while it was not. */
  private abandoned: Error | undefined = undefined;
  /** Whether the gate has it in its work list. */
  queued = false;
  /** Keys whose messages are dead-lettered without being worked on. */
  blockedKeys: Set<string> | undefined = undefined;
  /** Waiting messages that the source has taken back; they are aborted when their turn comes. */
  readonly takenBack: Map<Message<unknown>, Error> = new Map<Message<unknown>, Error>();
  /** Set while messages are to be started with care. */
  guard: StartGuard | undefined = undefined;
  /** How many are under way; kept only while there is a guard, which asks for it. */
  started = 0;
  /** How many messages were ever taken in. */
  private taken = 0;
  /** How many messages wait or are under way. */
  unsettled = 0;

  /** Its priority: 0 is the highest. */
  readonly level: number;

  constructor(run: Run, gate: Gate, ordering: Ordering, level: number, owner: FeedOwner) {
    this.level = level;
    this.run = run;
    this.gate = gate;
    this.ordering = ordering;
    this.lanes = new FeedLanes(ordering, this.window);
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

  /** How many messages have ended; whoever wants to know whether the feed moves compares it with what it was. */
  get ended(): number {
    return this.taken - this.unsettled;
  }

  sourceMessage({ message }: TrackedDelivery): Message<unknown> {
    return message;
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
    const fresh = isDone === undefined ? this.window.appendAll(messages) : this.append(messages, isDone);
    this.unsettled += fresh;
    this.taken += fresh;
    this.run.counters.delivered += fresh;
    if (fresh > 0 && this.run.listened) this.run.emit({ type: "delivered", ...this.place, count: fresh });
    this.gate.enqueue(this);
    this.gate.pump();
    return fresh;
  }

  /** Adds messages of which some are done; returns how many are not. */
  private append(messages: readonly Message<unknown>[], isDone: (message: Message<unknown>) => boolean): number {
    let fresh = messages.length;
    for (const message of messages) {
      const sequence = this.window.append(message);
      if (!isDone(message)) continue;
      fresh--;
      this.owner.skipped(this.settlePlace(sequence, message));
    }
    return fresh;
  }

  /** The next message that no lane holds back, or -1. The gate starts it at once. */
  nextStartable(): number {
    const { window, lanes } = this;
    if (this.closed || lanes.allBusy) return -1;
    const freed = lanes.peek();
    if (freed >= 0) {
      if (this.guard !== undefined && !this.mayStart(this.guard, freed)) return -1;
      lanes.shift();
      return freed;
    }
    while (this.cursor !== window.end) {
      const sequence = this.cursor;
      if (this.guard !== undefined && !this.mayStart(this.guard, sequence)) return -1;
      this.cursor = window.after(sequence);
      if (window.state(sequence) === PlaceState.waiting && !lanes.holdsBack(sequence)) return sequence;
    }
    return -1;
  }

  /** Makes the delivery of a message that was found startable. If it is not settled at once, `keep` follows. */
  deliver(sequence: number, gate: Gate): TrackedDelivery {
    const delivery = new TrackedDelivery(this.window.record(sequence) as Message<unknown>, this, sequence, gate);
    this.window.setState(sequence, PlaceState.started);
    if (this.guard !== undefined) this.started++;
    this.lanes.enter(delivery);
    return delivery;
  }

  /**
   * Enters a delivery that was not settled at once: in the window, and in the lane table if it is still at the gate. One that was leaves no trace: a
   * young object in an old array was the dearest part of a message whose handler has nothing to wait for.
   */
  keep(delivery: TrackedDelivery, atGate: boolean): void {
    // It may have failed at once and be waiting for its retry, taken apart.
    if (this.window.state(delivery.sequence) !== PlaceState.started) return;
    this.window.setRecord(delivery.sequence, delivery);
    if (this.abandoned !== undefined) this.abort(delivery, this.abandoned);
    else if (atGate) this.occupy(delivery);
  }

  occupy(delivery: TrackedDelivery): void {
    this.lanes.occupy(delivery);
  }

  passLane(delivery: TrackedDelivery): void {
    this.gate.enqueue(this);
    this.lanes.pass(delivery);
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
    const moved = this.settlePlace(delivery.sequence, delivery.message);
    this.run.counters.settle(outcome);
    this.owner.settled(moved);
    this.finish(delivery);
  }

  /** Ends a delivery without an outcome of its own: it counts no attempt and will be delivered again. */
  abort(delivery: TrackedDelivery, reason: Error): void {
    if (delivery.settled) return;
    this.window.setRecord(delivery.sequence, delivery);
    this.abortAll(
      withThoseBehind(this, this.run.wheel, (each) => each === delivery),
      reason,
    );
  }

  /** The same for a delivery that has left all stages: nothing is behind it. */
  abortDone(delivery: TrackedDelivery, reason: Error): void {
    if (!delivery.settled) this.abortAll([delivery], reason);
  }

  /** Stops letting messages in; those that wait are aborted. Returns them. */
  close(reason: Error): readonly Message<unknown>[] {
    if (this.closed) return [];
    this.closed = true;
    const waiting = this.waiting();
    this.tellAborted(waiting, reason);
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
    this.abortAll(withThoseBehind(this, this.run.wheel, waits), reason);
  }

  /** Aborts everything that is under way, and tells running handlers. */
  abandon(reason: Error): void {
    this.close(reason);
    this.abandoned ??= reason;
    this.run.wheel.takeAll(this);
    const late = this.underWay();
    if (late.length > 0 && this.run.listened)
      this.run.emit({ type: "deadline", source: this.origin.source, messages: late.map(({ message }) => message) });
    this.abortAll(late, reason);
    this.controller.abort(reason);
  }

  hasEarlierOfKey({ message, sequence }: TrackedDelivery): boolean {
    let found = false;
    let isBefore = true;
    this.window.forEach((place, state, at) => {
      isBefore &&= at !== sequence;
      if (!isBefore || found || state === PlaceState.settled || typeof place === "string") return;
      const { key } = place instanceof TrackedDelivery ? place.message : place;
      found = key === message.key && !(place instanceof TrackedDelivery && place.settled);
    });
    return found;
  }

  /** The oldest unsettled message, and its delivery if it was let in. */
  first(): { readonly message: Message<unknown>; readonly delivery: TrackedDelivery | undefined } | undefined {
    const { window } = this;
    const sequence = this.firstOpen();
    const place = sequence === window.end ? undefined : window.record(sequence);
    if (place === undefined || typeof place === "string") return undefined;
    if (place instanceof TrackedDelivery) return { message: place.message, delivery: place };
    const parked = window.state(sequence) === PlaceState.parked ? this.run.wheel.peek(this, sequence) : undefined;
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
      // A message in a place that has started is being let in at this moment; `keep` sees to it.
      if (state === PlaceState.started && place instanceof TrackedDelivery && !place.settled) deliveries.push(place);
    });
    return deliveries;
  }

  isAnyAttempted(waiting: ReadonlySet<Message<unknown>>): boolean {
    const held = new Set<string>();
    let found = false;
    this.window.forEach((place, state) => {
      if (found || typeof place === "string" || (state !== PlaceState.started && state !== PlaceState.parked)) return;
      // A message in a place that has started is being let in at this moment.
      const message = place instanceof TrackedDelivery ? place.message : place;
      const lane = this.ordering === "key" ? message.key : undefined;
      if (!waiting.has(message)) found = !(place instanceof TrackedDelivery && (place.settled || (isIn(lane, held) && stands(place))));
      else if (lane !== undefined) held.add(lane);
    });
    return found;
  }

  private mayStart(guard: StartGuard, sequence: number): boolean {
    if (this.window.state(sequence) !== PlaceState.waiting) return true;
    return guard.mayStart(this.window.record(sequence) as Message<unknown>, this);
  }

  /** The first place that is not settled, or the window's end. Once the feed is closed, those that were aborted keep their places, and are not meant. */
  private firstOpen(): number {
    const { window } = this;
    let sequence = window.base;
    if (!this.closed) return sequence;
    const isOpen = (state: number, place: Place | undefined): boolean =>
      state === PlaceState.parked || (state === PlaceState.started && !(place instanceof TrackedDelivery && place.settled));
    while (sequence !== window.end && !isOpen(window.state(sequence), window.record(sequence))) sequence = window.after(sequence);
    return sequence;
  }

  /** Notes what was settled beyond the watermark; for the place at the watermark itself the message says it. */
  private settlePlace(sequence: number, message: Message<unknown>): boolean {
    if (sequence !== this.window.base) this.window.setRecord(sequence, this.owner.noteOf(message));
    return this.window.settle(sequence);
  }

  private abortAll(deliveries: readonly TrackedDelivery[], reason: Error): void {
    // All are marked before anything of theirs is given back: a unit or a lane that one leaves must not start another.
    for (const delivery of deliveries) delivery.end();
    this.tellAborted(
      deliveries.map(({ message }) => message),
      reason,
    );
    for (const delivery of deliveries) {
      this.window.setRecord(delivery.sequence, delivery);
      delivery.activity?.stop(reason);
      this.run.counters.settle("aborted");
      this.owner.aborted(delivery);
      this.finish(delivery);
    }
  }

  private tellAborted(messages: readonly Message<unknown>[], reason: Error): void {
    if (messages.length > 0 && this.run.listened) this.run.emit({ type: "aborted", ...this.place, messages, reason });
  }

  /** What names it in events. */
  private get place(): { readonly source: string; readonly partition: PartitionId | undefined } {
    const { source, partition } = this.origin;
    return { source, partition };
  }

  private finish(delivery: TrackedDelivery): void {
    delivery.settled = true;
    this.unsettled--;
    this.owner.credits.release(1, sizeOf(delivery.message.value));
    if (delivery.holder !== undefined) delivery.giveUpHolder();
    if (this.guard !== undefined) this.tell(this.guard, delivery);
    if (this.run.whenEnded !== undefined) this.run.whenEnded(delivery);
    if (this.unsettled === 0) this.owner.idle();
  }

  private tell(guard: StartGuard, delivery: TrackedDelivery): void {
    this.started--;
    guard.ended(delivery);
    this.gate.enqueue(this);
    this.gate.pump();
  }
}

function isIn(lane: string | undefined, held: ReadonlySet<string>): boolean {
  return lane !== undefined && held.has(lane);
}

/** Whether nothing is done with a delivery whose lane is held, nor with any child of it. */
function stands(delivery: TrackedDelivery): boolean {
  return delivery.activity instanceof Family ? delivery.activity.stands : delivery.standsBehind;
}
