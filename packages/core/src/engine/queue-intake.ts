import { failureClassOf, SpillwayError, type Message, type Original, type QueueMessage, type QueueSource } from "@spillway/spec";
import { Acknowledger } from "./acknowledger.ts";
import type { Credits } from "./credits.ts";
import { Feed } from "./feed.ts";
import type { FeedOwner } from "./feed-owner.ts";
import type { Gate } from "./gate.ts";
import { graceMs } from "./grace.ts";
import type { FinalOutcome, Origin } from "./home.ts";
import type { Ordering } from "./ordering.ts";
import { pause } from "./pause.ts";
import { QueueHeartbeat } from "./queue-heartbeat.ts";
import { QueueReturns } from "./queue-returns.ts";
import type { Intake, Run } from "./run-context.ts";
import { scheduleUnless } from "./schedule-unless.ts";
import { bytesOf } from "./size-of.ts";
import { SuspectGuard } from "./suspect-guard.ts";
import { SourceTrouble } from "./source-trouble.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";
import { sharedController } from "./shared-controller.ts";

/** What a queue's intake is made of. */
export interface QueueIntakeOptions {
  readonly run: Run;
  readonly gate: Gate;
  readonly ordering: Ordering;
  readonly level: number;
  readonly source: QueueSource<unknown>;
  readonly credits: Credits;
  /** How often a message may be given out without an outcome before it runs alone; four times that, and it is dead-lettered, unless the pipeline may halt. */
  readonly crashLimit: number;
  /** The most messages between the oldest unsettled one and the newest one. */
  readonly maxSpan: number;
}

/** The most messages that one receive asks for; adapters ask their provider for fewer. */
const maxReceive = 100;

/** Receives from a queue, keeps what is under way ours, deletes what has ended and gives the rest back. */
export class QueueIntake implements Intake, FeedOwner {
  readonly name: string;
  readonly confirms = true;
  readonly ended: Promise<void>;
  readonly credits: Credits;
  readonly origin: Origin;
  readonly feed: Feed;
  readonly trouble: SourceTrouble;
  readonly #run: Run;
  readonly #source: QueueSource<unknown>;
  readonly #acknowledger: Acknowledger;
  readonly #guard: SuspectGuard;
  /** Ends receiving. */
  readonly #stop = sharedController();
  /** Ends everything else. */
  readonly #end = sharedController();
  readonly #heartbeat: QueueHeartbeat;
  readonly #returns: QueueReturns;
  #whenIdle: (() => void) | undefined = undefined;
  readonly #maxSpan: number;
  /** Receivers that wait for the oldest unsettled message to end. */
  readonly #whenPassed = new Set<() => void>();

  constructor(options: QueueIntakeOptions) {
    this.name = options.source.name;
    this.credits = options.credits;
    this.origin = { kind: "queue", source: this.name, consumer: undefined, partition: undefined };
    this.#run = options.run;
    this.trouble = new SourceTrouble(options.run, this.name, undefined);
    this.#source = options.source;
    this.#maxSpan = options.maxSpan;
    this.feed = new Feed(options.run, options.gate, options.ordering, options.level, this);
    this.#guard = new SuspectGuard({
      crashLimit: options.crashLimit + options.run.failures.receivesByRetry,
      buries: !options.run.failures.halts,
      nowMs: () => options.run.clock.nowMs(),
    });
    this.feed.guard = this.#guard;
    this.#acknowledger = new Acknowledger(
      options.run,
      options.source,
      this.#end.signal,
      (delivery, outcome) => this.feed.settle(delivery, outcome),
      (delivery, error) => this.feed.abortDone(delivery, error),
    );
    this.#heartbeat = new QueueHeartbeat({
      run: options.run,
      source: options.source,
      feed: this.feed,
      acknowledger: this.#acknowledger,
      signal: this.#end.signal,
      lost: (message, error) => this.#takenBack(message, error),
    });
    this.#returns = new QueueReturns(options.run, options.source, this.#end.signal, (messages) => this.#heartbeat.answered(messages));
    this.ended = this.#serve();
  }

  /** The message that runs alone, or waits for that, because it was given out too often; undefined when there is none. */
  get suspect(): Message<unknown> | undefined {
    return this.#guard.suspect;
  }

  get feeds(): readonly Feed[] {
    return [this.feed];
  }

  async #serve(): Promise<void> {
    const receivers = Array.from({ length: this.#source.receivers }, () => this.#receive());
    const beating = this.#heartbeat.beat();
    await Promise.all(receivers);
    while (this.feed.unsettled > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve));
    await this.#returns.done();
    this.#end.abort(new Error("the queue's intake has ended"));
    await beating;
  }

  drain(deadlineMs: number, reason: Error): void {
    if (this.feed.closed) return;
    this.#stop.abort(reason);
    this.#passed();
    this.#returns.soon(this.feed.close(reason).filter((message) => !this.feed.takenBack.has(message)));
    this.feed.abortWaiting(reason);
    this.#acknowledger.close(() => this.feed.unsettled);
    const { clock } = this.#run;
    scheduleUnless(this.#end.signal, clock, Math.max(0, deadlineMs - clock.nowMs()), () => this.abandon(reason));
  }

  abandon(reason: Error): void {
    this.#stop.abort(reason);
    this.#passed();
    this.#returns.soon(this.feed.close(reason).filter((message) => !this.feed.takenBack.has(message)));
    this.feed.abandon(reason);
    scheduleUnless(this.#end.signal, this.#run.clock, graceMs, () => this.#end.abort(reason));
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

  skipped(_moved: boolean): void {
    // A queue keeps no list of settled messages.
  }

  settled(_count: number, moved: boolean): void {
    // The queue has confirmed already, and has no watermark; but there may be room again.
    if (moved) this.#passed();
  }

  giveBack(delivery: TrackedDelivery, delayMs: number): boolean {
    const { maxNackDelayMs } = this.#source;
    if (maxNackDelayMs === 0) return false;
    // What waits behind it in its group goes back too, in the same call, or it would overtake.
    const messages = [delivery.message, ...this.#waitingBehind(delivery.message)];
    const reason = new Error("the message was given back to its queue until its next attempt");
    for (const message of messages) this.feed.takenBack.set(message, reason);
    this.#returns.now(messages, Math.min(Math.ceil(delayMs), maxNackDelayMs));
    this.feed.abort(delivery, reason);
    return true;
  }

  aborted(delivery: TrackedDelivery): void {
    if (this.feed.giveUpPlace(delivery)) this.#passed();
    if (!this.feed.takenBack.delete(delivery.message)) this.#returns.soon([delivery.message]);
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
      let bytes = 0;
      try {
        messages = await this.#source.receive({ maxMessages: this.credits.page(wanted), signal });
        failures = 0;
        this.trouble.passed();
        expected = messages.length;
      } catch (error) {
        if (signal.aborted) return;
        if (failureClassOf(error) === "fatal") this.#run.fail(error);
        await pause(this.#run.clock, this.trouble.failed(error, ++failures), signal);
      } finally {
        bytes = bytesOf(messages);
        this.credits.exchange(wanted, messages.length, bytes);
      }
      if (messages.length > 0) this.#offer(messages, bytes);
    }
  }

  #nextPass(): Promise<void> {
    return new Promise((resolve) => void this.#whenPassed.add(resolve));
  }

  #passed(): void {
    for (const resolve of this.#whenPassed) resolve();
    this.#whenPassed.clear();
  }

  #offer(messages: readonly QueueMessage<unknown>[], bytes: number): void {
    if (!this.feed.closed) {
      this.feed.offer(messages, bytes, undefined);
      return;
    }
    this.credits.release(messages.length, bytes);
    this.#returns.soon(messages);
  }

  /** The queue has given a message to somebody else: what runs is aborted, what waits is aborted when its turn comes. */
  #takenBack(message: Message<unknown>, error: Error): void {
    const delivery = this.feed.takeOut(message);
    if (delivery !== undefined && this.#acknowledger.underWay.has(delivery)) return;
    if (delivery === undefined && !this.feed.waiting().includes(message)) return;
    // What waits behind it in its group must not be worked on before its next delivery.
    const behind = this.#waitingBehind(message);
    for (const each of [message, ...behind]) this.feed.takenBack.set(each, error);
    if (behind.length > 0) this.#returns.now(behind, 0);
    if (delivery !== undefined) this.feed.abort(delivery, error);
  }

  #waitingBehind(message: Message<unknown>): readonly Message<unknown>[] {
    const { key } = message;
    if (this.feed.ordering !== "key" || key === undefined) return [];
    const waiting = this.feed.waiting();
    return waiting.slice(waiting.indexOf(message) + 1).filter((each) => each.key === key && !this.feed.takenBack.has(each));
  }
}
