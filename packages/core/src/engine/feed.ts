import type { Message, Original, PartitionId } from "@spillway/spec";
import { Family } from "./family.ts";
import { FeedLanes } from "./feed-lanes.ts";
import type { FeedOwner } from "./feed-owner.ts";
import type { Gate } from "./gate.ts";
import type { FinalOutcome, Home, Origin, Parking } from "./home.ts";
import type { DoneChildren } from "./notes.ts";
import type { Ordering } from "./ordering.ts";
import { deliveryIn, firstOpen, hasEarlierOfKey, isAnyAttempted, messageIn, underWayIn, waitingIn, type Place } from "./places.ts";
import type { Run } from "./run-context.ts";
import { sizeOf } from "./size-of.ts";
import type { StartGuard, UnderWay } from "./start-guard.ts";
import { TrackedDelivery } from "./tracked-delivery.ts";
import { PlaceState, Window } from "./window.ts";
import { withThoseBehind } from "./with-those-behind.ts";
import { sharedController } from "./shared-controller.ts";

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
  private readonly places: Window<Place> = new Window<Place>();
  /** The next message that has not been looked at. */
  private cursor: number = this.places.base;
  /** The first message that has not succeeded in its order: those from the base to here have, and are not settled yet. */
  private front: number = this.places.base;
  /** How many bytes those have. */
  private frontBytes = 0;
  /** Undefined where nothing is to be kept in order. */
  private readonly lanes: FeedLanes | undefined;
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
  /** How many messages wait or are under way, or have succeeded and are not settled yet. */
  unsettled = 0;
  /** Whether any of its messages had bytes that are counted. */
  private weighs = false;

  /** Its priority: 0 is the highest. */
  readonly level: number;

  constructor(run: Run, gate: Gate, ordering: Ordering, level: number, owner: FeedOwner) {
    this.level = level;
    this.run = run;
    this.gate = gate;
    this.ordering = ordering;
    this.lanes = ordering === "none" ? undefined : new FeedLanes(ordering, this.places);
    this.owner = owner;
  }

  get origin(): Origin {
    return this.owner.origin;
  }

  /** Which of its messages are settled at this moment, and what is in the places of all that no handler runs. */
  get window(): Window<Place> {
    this.settleFront();
    return this.places;
  }

  /** The same with the deliveries that handlers run: they are entered only for those who look. */
  get wholeWindow(): Window<Place> {
    for (const delivery of this.run.atWork()) if (delivery.feed === this) this.places.setRecord(delivery.sequence, delivery);
    return this.window;
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
    this.places.setRecord(delivery.sequence, delivery.message);
    this.places.setState(delivery.sequence, PlaceState.parked);
    return true;
  }

  messageAt(sequence: number): Message<unknown> | undefined {
    return this.places.state(sequence) === PlaceState.parked ? (this.places.record(sequence) as Message<unknown>) : undefined;
  }

  unpark(delivery: TrackedDelivery): void {
    this.places.setRecord(delivery.sequence, delivery);
    this.places.setState(delivery.sequence, PlaceState.started);
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
   * Adds messages that the source has given, with so many bytes in all; the caller has taken their credits. Those that `isDone` knows were settled by an earlier run: they
   * keep their place and nothing else. Returns how many are new.
   */
  offer(messages: readonly Message<unknown>[], bytes: number, isDone: ((message: Message<unknown>) => boolean) | undefined): number {
    if (bytes > 0) this.weighs = true;
    const fresh = isDone === undefined ? this.places.appendAll(messages) : this.append(messages, isDone);
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
      const sequence = this.places.append(message);
      if (!isDone(message)) continue;
      fresh--;
      this.owner.skipped(this.settlePlace(sequence, message));
    }
    return fresh;
  }

  /** The delivery of the next message that no lane holds back; undefined when there is none. The gate sends it at once; if it is not settled then, `keep` follows. */
  next(gate: Gate): TrackedDelivery | undefined {
    const { lanes, places } = this;
    const sequence = lanes === undefined ? this.nextWaiting() : this.nextOfLanes(lanes);
    if (sequence < 0) return undefined;
    places.setState(sequence, PlaceState.started);
    return new TrackedDelivery(places.record(sequence) as Message<unknown>, this, sequence, gate, lanes !== undefined && lanes.enter());
  }

  private nextOfLanes(lanes: FeedLanes): number {
    if (lanes.allBusy) return -1;
    const freed = lanes.peek();
    if (freed < 0) {
      for (let next = this.nextWaiting(); next >= 0; next = this.nextWaiting()) if (!lanes.holdsBack(next)) return next;
      return -1;
    }
    if (!this.mayStart(freed)) return -1;
    lanes.shift();
    return freed;
  }

  /** The next message that has not been looked at and may start; -1 when there is none. */
  private nextWaiting(): number {
    const { places } = this;
    for (let sequence = this.cursor; sequence !== places.end && this.mayStart(sequence); sequence = this.cursor) {
      this.cursor = places.after(sequence);
      if (places.state(sequence) === PlaceState.waiting) return sequence;
    }
    return -1;
  }

  /**
   * Enters a delivery that was neither settled at once nor is held by what goes on for it. One that was settled leaves no trace: a young object in an old
   * array was the dearest part of a message whose handler has nothing to wait for.
   */
  keep(delivery: TrackedDelivery): void {
    // It may have failed at once and be waiting for its retry, taken apart.
    if (this.places.state(delivery.sequence) === PlaceState.started) this.hold(delivery);
  }

  /** Enters a delivery in the window, and in the lane table if it is still at the gate. */
  hold(delivery: TrackedDelivery): void {
    this.places.setRecord(delivery.sequence, delivery);
    this.begin(delivery);
  }

  begin(delivery: TrackedDelivery): void {
    if (this.lanes !== undefined || this.abandoned !== undefined) this.holdInLane(delivery);
  }

  private holdInLane(delivery: TrackedDelivery): void {
    if (this.abandoned !== undefined) this.abort(delivery, this.abandoned);
    else if (delivery.holder === this.gate) this.lanes?.occupy(delivery);
  }

  occupy(delivery: TrackedDelivery): void {
    this.lanes?.occupy(delivery);
  }

  passLane(delivery: TrackedDelivery): void {
    this.gate.enqueue(this);
    this.lanes?.pass(delivery);
  }

  /** A delivery has come to the end of its pipeline. */
  conclude(delivery: TrackedDelivery, outcome: FinalOutcome): void {
    if (this.owner.confirms) this.owner.conclude(delivery, outcome);
    else if (delivery.sequence === this.front && outcome === "succeeded" && this.guard === undefined) this.advance(delivery);
    else this.settle(delivery, outcome);
  }

  /** It has succeeded in its order: it is settled together with those that do after it, before anybody looks. */
  private advance(delivery: TrackedDelivery): void {
    if (delivery.settled) return;
    delivery.settle();
    const { sequence } = delivery;
    this.front = this.places.after(sequence);
    if (sequence === this.places.base) this.gate.settleSoon(this);
    if (this.weighs) this.frontBytes += sizeOf(delivery.message.value);
    if (delivery.holder !== undefined) delivery.giveUpHolder();
    if (this.run.whenEnded !== undefined) this.run.whenEnded(delivery);
  }

  /** Settles what has succeeded in its order. */
  settleFront(): void {
    const { places } = this;
    if (this.front === places.base) return;
    const count = places.settleUntil(this.front);
    const bytes = this.frontBytes;
    this.front = places.base;
    this.frontBytes = 0;
    this.unsettled -= count;
    this.run.counters.succeeded += count;
    this.owner.credits.release(count, bytes);
    this.owner.settled(count, true);
    if (this.unsettled === 0) this.owner.idle();
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
    this.owner.settled(1, moved);
    this.finish(delivery);
  }

  /** Ends a delivery without an outcome of its own: it counts no attempt and will be delivered again. */
  abort(delivery: TrackedDelivery, reason: Error): void {
    if (delivery.settled) return;
    this.places.setRecord(delivery.sequence, delivery);
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

  hasEarlierOfKey(delivery: TrackedDelivery): boolean {
    return hasEarlierOfKey(this.window, delivery);
  }

  /** The oldest unsettled message, and its delivery if it was let in. */
  first(): { readonly message: Message<unknown>; readonly delivery: TrackedDelivery | undefined } | undefined {
    const window = this.wholeWindow;
    const sequence = firstOpen(window, this.closed);
    const place = sequence === window.end ? undefined : window.record(sequence);
    const message = messageIn(place);
    if (message === undefined) return undefined;
    const delivery = window.state(sequence) === PlaceState.parked ? this.run.wheel.peek(this, sequence) : deliveryIn(place);
    return { message, delivery };
  }

  /** The delivery of a message that was let in and has not ended; one that waits for a retry is taken out of that. */
  takeOut(message: Message<unknown>): TrackedDelivery | undefined {
    let found: TrackedDelivery | undefined;
    this.wholeWindow.forEach((place, state, sequence) => {
      if (state === PlaceState.started && deliveryIn(place)?.message === message) found = deliveryIn(place);
      else if (state === PlaceState.parked && place === message) [found] = this.run.wheel.takeAll(this, sequence);
    });
    return found;
  }

  /** The messages that are here and have not been let in, oldest first. */
  waiting(): readonly Message<unknown>[] {
    return waitingIn(this.window);
  }

  /** The deliveries that have children under way. */
  expanding(): readonly TrackedDelivery[] {
    return this.underWay().filter(({ activity }) => activity instanceof Family);
  }

  /** The deliveries that are under way, oldest first. */
  underWay(): readonly TrackedDelivery[] {
    return underWayIn(this.wholeWindow);
  }

  isAnyAttempted(waiting: ReadonlySet<Message<unknown>>): boolean {
    return isAnyAttempted(this.wholeWindow, this.ordering, waiting);
  }

  private mayStart(sequence: number): boolean {
    return !this.closed && (this.guard === undefined || this.guardAllows(this.guard, sequence));
  }

  private guardAllows(guard: StartGuard, sequence: number): boolean {
    if (this.places.state(sequence) !== PlaceState.waiting) return true;
    return guard.mayStart(this.places.record(sequence) as Message<unknown>, this);
  }

  /** An aborted message keeps no place here, because its source does not go by places; whether that moved the watermark. */
  giveUpPlace({ sequence, message }: TrackedDelivery): boolean {
    return this.settlePlace(sequence, message);
  }

  /** Notes what was settled beyond the watermark; for the place at the watermark itself the message says it. */
  private settlePlace(sequence: number, message: Message<unknown>): boolean {
    const { places } = this;
    if (sequence !== places.base) places.setRecord(sequence, this.owner.noteOf(message));
    if (!places.settle(sequence)) return false;
    this.front = places.base;
    return true;
  }

  private abortAll(deliveries: readonly TrackedDelivery[], reason: Error): void {
    // All are marked before anything of theirs is given back: a unit or a lane that one leaves must not start another.
    for (const delivery of deliveries) delivery.end();
    this.tellAborted(
      deliveries.map(({ message }) => message),
      reason,
    );
    for (const delivery of deliveries) {
      this.places.setRecord(delivery.sequence, delivery);
      delivery.stop(reason);
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
    delivery.settle();
    this.unsettled--;
    this.owner.credits.release(1, sizeOf(delivery.message.value));
    if (delivery.holder !== undefined) delivery.giveUpHolder();
    if (this.guard !== undefined || this.run.whenEnded !== undefined) this.tell(delivery);
    if (this.unsettled === 0) this.owner.idle();
  }

  /** Tells whoever waits for the ends of deliveries. */
  private tell(delivery: TrackedDelivery): void {
    if (this.guard !== undefined) {
      this.started--;
      this.guard.ended(delivery);
      this.gate.enqueue(this);
      this.gate.pump();
    }
    this.run.whenEnded?.(delivery);
  }
}
