import {
  failureClassOf,
  hasCode,
  SpillwayError,
  type Message,
  type Original,
  type QueueMessage,
  type QueueSource,
  type Receipt,
} from "@spillway/spec";
import { Acknowledger } from "./acknowledger.ts";
import { backoffAfterError } from "./backoff-after-error.ts";
import type { Credits } from "./credits.ts";
import { Feed, type FeedOwner, type Place } from "./feed.ts";
import type { Gate } from "./gate.ts";
import type { FinalOutcome, Origin } from "./home.ts";
import type { Ordering } from "./ordering.ts";
import { pause } from "./pause.ts";
import type { Intake, Run } from "./run-context.ts";
import { sizeOf } from "./size-of.ts";
import { SuspectGuard } from "./suspect-guard.ts";
import { TrackedDelivery } from "./tracked-delivery.ts";
import { PlaceState } from "./window.ts";
import { sharedController } from "./shared-controller.ts";

/** What a queue's intake is made of. */
export interface QueueIntakeOptions {
  readonly run: Run;
  readonly gate: Gate;
  readonly ordering: Ordering;
  readonly level: number;
  readonly source: QueueSource<unknown>;
  readonly credits: Credits;
  /** How often a message may be given out without an outcome before it runs alone; twice that, and it is dead-lettered. */
  readonly crashLimit: number;
  /** The most messages between the oldest unsettled one and the newest one. */
  readonly maxSpan: number;
}

/** The most messages that one receive asks for; adapters ask their provider for fewer. */
const maxReceive = 100;
/** How long giving messages back may take when the drain deadline has passed. */
const graceMs = 5_000;

/** Receives from a queue, keeps what is under way ours, deletes what has ended and gives the rest back. */
export class QueueIntake implements Intake, FeedOwner {
  readonly name: string;
  readonly confirms = true;
  readonly ended: Promise<void>;
  readonly credits: Credits;
  readonly origin: Origin;
  readonly feed: Feed;
  readonly #run: Run;
  readonly #source: QueueSource<unknown>;
  readonly #acknowledger: Acknowledger;
  /** Ends receiving. */
  readonly #stop = sharedController();
  /** Ends everything else. */
  readonly #end = sharedController();
  readonly #givingBack = new Set<Promise<void>>();
  /** What the next nack gives back. */
  readonly #returned: Message<unknown>[] = [];
  /** The end of the window one heartbeat ago: what came later is young enough. */
  #youngFrom: number;
  #whenIdle: (() => void) | undefined = undefined;
  readonly #maxSpan: number;
  /** Receivers that wait for the oldest unsettled message to end. */
  readonly #whenPassed = new Set<() => void>();

  constructor(options: QueueIntakeOptions) {
    this.name = options.source.name;
    this.credits = options.credits;
    this.origin = { kind: "queue", source: this.name, consumer: undefined, partition: undefined };
    this.#run = options.run;
    this.#source = options.source;
    this.#maxSpan = options.maxSpan;
    this.feed = new Feed(options.run, options.gate, options.ordering, options.level, this);
    this.feed.guard = new SuspectGuard(options.crashLimit + options.run.receivesByRetry, () => options.run.clock.nowMs());
    this.#youngFrom = this.feed.window.end;
    this.#acknowledger = new Acknowledger(
      options.run,
      options.source,
      this.#end.signal,
      (delivery, outcome) => this.feed.settle(delivery, outcome),
      (delivery, error) => this.feed.abortDone(delivery, error),
    );
    this.ended = this.#serve();
  }

  get feeds(): readonly Feed[] {
    return [this.feed];
  }

  async #serve(): Promise<void> {
    const receivers = Array.from({ length: this.#source.receivers }, () => this.#receive());
    const beating = this.#keepOurs();
    await Promise.all(receivers);
    while (this.feed.unsettled > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve));
    while (this.#givingBack.size > 0) await Promise.all(this.#givingBack);
    this.#end.abort(new Error("the queue's intake has ended"));
    await beating;
  }

  drain(deadlineMs: number, reason: Error): void {
    if (this.feed.closed) return;
    this.#stop.abort(reason);
    this.#passed();
    this.#giveBack(this.feed.close().filter((message) => !this.feed.takenBack.has(message)));
    this.feed.abortWaiting(reason);
    const cancel = this.#run.clock.schedule(Math.max(0, deadlineMs - this.#run.clock.nowMs()), () => this.abandon(reason));
    this.#end.signal.addEventListener("abort", cancel, { once: true });
  }

  abandon(reason: Error): void {
    this.#stop.abort(reason);
    this.#passed();
    this.#giveBack(this.feed.close().filter((message) => !this.feed.takenBack.has(message)));
    this.feed.abandon(reason);
    if (this.#end.signal.aborted) return;
    const cancel = this.#run.clock.schedule(graceMs, () => this.#end.abort(reason));
    this.#end.signal.addEventListener("abort", cancel, { once: true });
  }

  original(message: Message<unknown>): Original {
    return this.#source.original(message);
  }

  noteOf(_message: Message<unknown>): string {
    return "";
  }

  conclude(delivery: TrackedDelivery, outcome: FinalOutcome): void {
    this.#acknowledger.add(delivery, outcome);
  }

  skipped(_passed: Place | undefined): void {
    // A queue keeps no list of settled messages.
  }

  settled(passed: Place | undefined): void {
    // The queue has confirmed already, and has no watermark; but there may be room again.
    if (passed !== undefined) this.#passed();
  }

  giveBack(delivery: TrackedDelivery, delayMs: number): boolean {
    const { maxNackDelayMs } = this.#source;
    if (maxNackDelayMs === 0) return false;
    // What waits behind it in its group goes back too, in the same call, or it would overtake.
    const messages = [delivery.message, ...this.#waitingBehind(delivery.message)];
    const reason = new Error("the message was given back to its queue until its next attempt");
    for (const message of messages) this.feed.takenBack.set(message, reason);
    this.#returnAll(messages, Math.min(Math.ceil(delayMs), maxNackDelayMs));
    this.feed.abort(delivery, reason);
    return true;
  }

  aborted(delivery: TrackedDelivery): void {
    if (this.feed.window.settle(delivery.sequence, "") !== undefined) this.#passed();
    if (!this.feed.takenBack.delete(delivery.message)) this.#giveBack([delivery.message]);
  }

  idle(): void {
    this.#whenIdle?.();
  }

  keyBlocked(_count: number): void {
    const error = new SpillwayError(
      `${this.name} is a queue: it has no checkpoint that could keep which keys are blocked; use keys: "skip-one"`,
      {
        code: "SPILLWAY_INVALID_OPTIONS",
        failureClass: "fatal",
      },
    );
    this.#run.fail(error);
  }

  doneChildren(): undefined {
    // A queue has no checkpoint that could keep them.
    return undefined;
  }

  noted(): void {
    // A queue has no checkpoint.
  }

  async #receive(): Promise<void> {
    const { signal } = this.#stop;
    let expected = 1;
    for (let failures = 0; !signal.aborted; ) {
      const wanted = Math.min(maxReceive, Math.max(expected, 10));
      while (this.feed.window.size >= this.#maxSpan && !signal.aborted) await this.#nextPass();
      if (!(await this.credits.reserve(wanted, signal))) return;
      let messages: readonly QueueMessage<unknown>[] = [];
      try {
        messages = await this.#source.receive({ maxMessages: this.credits.page(wanted), signal });
        failures = 0;
        expected = messages.length;
      } catch (error) {
        if (signal.aborted) return;
        if (failureClassOf(error) === "fatal") this.#run.fail(error);
        const delayMs = backoffAfterError(++failures, this.#run.clock);
        this.#run.emit({ type: "source-failed", source: this.name, error, delayMs });
        await pause(this.#run.clock, delayMs, signal);
      } finally {
        let bytes = 0;
        for (const message of messages) bytes += sizeOf(message.value);
        this.credits.exchange(wanted, messages.length, bytes);
      }
      if (messages.length > 0) this.#offer(messages);
    }
  }

  #nextPass(): Promise<void> {
    return new Promise((resolve) => void this.#whenPassed.add(resolve));
  }

  #passed(): void {
    for (const resolve of this.#whenPassed) resolve();
    this.#whenPassed.clear();
  }

  #offer(messages: readonly QueueMessage<unknown>[]): void {
    if (!this.feed.closed) {
      this.feed.offer(messages, undefined);
      return;
    }
    for (const message of messages) this.credits.release(1, sizeOf(message.value));
    this.#giveBack(messages);
  }

  /** Extends what has been here for a third of the visibility timeout or longer, a call at a time, until the intake has ended. */
  async #keepOurs(): Promise<void> {
    const { clock } = this.#run;
    while (await pause(clock, this.#source.visibilityTimeoutMs / 3, this.#end.signal)) {
      const old = this.#olderThanOneBeat();
      if (old.length > 0) await this.#extend(old);
    }
  }

  #olderThanOneBeat(): readonly Place[] {
    const { window } = this.feed;
    const places: Place[] = [];
    let sequence = window.base;
    for (let left = window.before(this.#youngFrom); left > 0; left--) {
      const place = window.record(sequence) as Place;
      if (this.#isOurs(place, window.state(sequence))) places.push(place);
      sequence = window.after(sequence);
    }
    this.#youngFrom = window.end;
    return places;
  }

  /** What was given back keeps its place for a while: extended, it would be hidden from everybody. */
  #isOurs(place: Place, state: number): boolean {
    if (state === PlaceState.settled || this.#acknowledger.underWay.has(place as TrackedDelivery)) return false;
    if (state === PlaceState.waiting) return !this.feed.closed && !this.feed.takenBack.has(place as Message<unknown>);
    return true;
  }

  async #extend(places: readonly Place[]): Promise<void> {
    const messages = places.map((place) => (place instanceof TrackedDelivery ? place.message : place) as QueueMessage<unknown>);
    try {
      const results = await this.#source.extend(
        messages.map(({ receipt }) => receipt),
        { signal: this.#end.signal },
      );
      results.forEach((result, index) => {
        if (!result.ok && hasCode(result.error, "SPILLWAY_RECEIPT_LOST"))
          this.#takenBack(messages[index] as Message<unknown>, result.error);
      });
    } catch (error) {
      if (!this.#end.signal.aborted)
        this.#run.emit({ type: "source-failed", source: this.name, error, delayMs: this.#source.visibilityTimeoutMs / 3 });
    }
  }

  /** The queue has given a message to somebody else: what runs is aborted, what waits is aborted when its turn comes. */
  #takenBack(message: Message<unknown>, error: Error): void {
    const delivery = this.feed.takeOut(message);
    if (delivery !== undefined && this.#acknowledger.underWay.has(delivery)) return;
    if (delivery === undefined && !this.feed.waiting().includes(message)) return;
    // What waits behind it in its group must not be worked on before its next delivery.
    const behind = this.#waitingBehind(message);
    for (const each of [message, ...behind]) this.feed.takenBack.set(each, error);
    if (behind.length > 0) this.#returnAll(behind, 0);
    if (delivery !== undefined) this.feed.abort(delivery, error);
  }

  #waitingBehind(message: Message<unknown>): readonly Message<unknown>[] {
    const { key } = message;
    if (this.feed.ordering !== "key" || key === undefined) return [];
    const waiting = this.feed.waiting();
    return waiting.slice(waiting.indexOf(message) + 1).filter((each) => each.key === key && !this.feed.takenBack.has(each));
  }

  /** Gives messages back that were not worked on to the end; all of one turn of the event loop in one call. */
  #giveBack(messages: readonly Message<unknown>[]): void {
    if (messages.length === 0 || this.#end.signal.aborted) return;
    for (const message of messages) this.#returned.push(message);
    if (this.#returned.length > messages.length) return;
    this.#run.clock.defer(() => this.#returnAll(this.#returned.splice(0), 0));
    this.#expectReturn(new Promise((resolve) => this.#run.clock.defer(() => resolve())));
  }

  #returnAll(messages: readonly Message<unknown>[], delayMs: number): void {
    const receipts = messages.map((message) => (message as QueueMessage<unknown>).receipt);
    this.#expectReturn(this.#nack(receipts, delayMs));
  }

  #expectReturn(returning: Promise<void>): void {
    const ended = returning.finally(() => this.#givingBack.delete(ended));
    this.#givingBack.add(ended);
  }

  async #nack(receipts: readonly Receipt[], delayMs: number): Promise<void> {
    try {
      await this.#source.nack(receipts, { delayMs, signal: this.#end.signal });
    } catch (error) {
      // What is not given back comes back by itself when its visibility ends.
      this.#run.emit({ type: "source-failed", source: this.name, error, delayMs: 0 });
    }
  }
}
