import {
  failureClassOf,
  hasCode,
  SpillwayError,
  type Attempting,
  type Checkpoint,
  type Lease,
  type LogBatch,
  type LogMessage,
  type LogSource,
  type LostMessages,
  type Message,
  type Original,
  type Partition,
  type StartPosition,
} from "@spillway/spec";
import { CarefulStart } from "./careful-start.ts";
import { Checkpointer } from "./checkpointer.ts";
import type { Credits } from "./credits.ts";
import { Feed } from "./feed.ts";
import type { FeedOwner } from "./feed-owner.ts";
import type { DoneChildren } from "./notes.ts";
import type { Gate } from "./gate.ts";
import { graceMs } from "./grace.ts";
import type { FinalOutcome, Origin } from "./home.ts";
import type { Ordering } from "./ordering.ts";
import { Overslept } from "./overslept.ts";
import { PartitionProgress } from "./partition-progress.ts";
import { readPartition } from "./partition-reader.ts";
import { pause } from "./pause.ts";
import { Retention } from "./retention.ts";
import type { CheckpointPolicy, Run } from "./run-context.ts";
import { scheduleUnless } from "./schedule-unless.ts";
import { bytesOf, sizeOf } from "./size-of.ts";
import { SourceTrouble } from "./source-trouble.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";
import { asError } from "./say-error.ts";
import { sharedController } from "./shared-controller.ts";

/**
 * The least number of messages that start carefully after a crash. It bounds the time that takes, not what is found: when a message further on kills the
 * process, everything before it is settled and saved, so that the next careful start comes nearer.
 */
const minCarefulStarts = 64;

/** Reading goes on while settled messages wait for a save, up to this many times everyMessages: what a crash would deliver again is bounded. */
const exposure = 10;

/** What a session is made of. */
export interface PartitionSessionOptions {
  readonly run: Run;
  readonly gate: Gate;
  readonly ordering: Ordering;
  readonly level: number;
  readonly credits: Credits;
  readonly source: LogSource<unknown>;
  readonly scope: string;
  readonly lease: Lease;
  /** The most credits that this partition may keep while it waits for messages. */
  readonly share: () => number;
  readonly policy: CheckpointPolicy;
  /** How often a message may have killed the process before it is dead-lettered. */
  readonly crashLimit: number;
  /** The most messages between the watermark and the newest one. */
  readonly maxSpan: number;
}

/** One partition while this process owns it: read, deliver, save, give back. */
export class PartitionSession implements FeedOwner {
  readonly confirms = false;
  readonly credits: Credits;
  readonly origin: Origin;
  readonly feed: Feed;
  /** What is wrong with reading it. */
  readonly trouble: SourceTrouble;
  readonly retention: Retention;
  readonly #options: PartitionSessionOptions;
  readonly #run: Run;
  readonly #checkpointer: Checkpointer;
  /** Ends reading. */
  readonly #stop = sharedController();
  /** Ends waiting for a reader that does not hear that it is stopped. */
  readonly #abandoned = sharedController();
  /** Ends saving and releasing. */
  readonly #end = sharedController();
  readonly #progress: PartitionProgress;
  #careful: CarefulStart | undefined = undefined;
  #overslept: Overslept | undefined = undefined;
  #children: readonly Partition[] | undefined = undefined;
  #ended = false;
  #lost = false;
  #whenIdle: (() => void) | undefined = undefined;
  #whenPassed: (() => void) | undefined = undefined;

  constructor(options: PartitionSessionOptions) {
    const { run, lease, source } = options;
    this.#options = options;
    this.#run = run;
    this.credits = options.credits;
    this.trouble = new SourceTrouble(run, source.name, lease.partition);
    this.origin = { kind: "log", source: source.name, consumer: source.coordination.consumer, partition: lease.partition };
    this.feed = new Feed(run, options.gate, options.ordering, options.level, this);
    this.retention = new Retention(run, this.feed);
    this.#progress = new PartitionProgress(lease.start, options.maxSpan);
    this.#checkpointer = new Checkpointer({
      run,
      store: source.coordination.checkpoints,
      key: { scope: options.scope, partition: lease.partition },
      token: lease.token,
      capture: () => this.#capture(),
      onLost: (error) => this.#lose(error),
      signal: this.#end.signal,
    });
  }

  get lease(): Lease {
    return this.#options.lease;
  }

  get checkpointer(): Checkpointer {
    return this.#checkpointer;
  }

  /** Whether its messages start one at a time, because a process has died over them. */
  get startsCarefully(): boolean {
    return this.#careful !== undefined;
  }

  /** Where a restart would read on. */
  get watermark(): StartPosition {
    return this.#progress.watermark(this.feed);
  }

  /** Reads the partition until it ends, is given back or is lost; resolves when nothing of it is left here. */
  async serve(): Promise<void> {
    const { lease, source } = this.#options;
    const onDrain = (): void => {
      // When a lease is lost, drain aborts a moment before lost: in between, nothing may start in the room that a drain makes.
      if (hasCode(lease.drain.reason, "SPILLWAY_LEASE_LOST")) this.#lose(reasonOf(lease.drain));
      else this.drain(this.#run.clock.nowMs() + this.#run.settings.drainTimeoutMs, reasonOf(lease.drain));
    };
    const onLost = (): void => this.#lose(reasonOf(lease.lost));
    lease.drain.addEventListener("abort", onDrain, { once: true });
    lease.lost.addEventListener("abort", onLost, { once: true });
    if (lease.lost.aborted) onLost();
    else if (lease.drain.aborted) onDrain();
    const cancelTick = this.#saveEvery(this.#options.policy.everyMs);
    this.#run.emit({ type: "partition-gained", source: source.name, partition: lease.partition, takeover: lease.takeover });
    if (await this.#open()) this.#ended = await this.#read();
    if (this.#ended) this.#lostMessages(this.#overslept?.atEnd());
    await this.#idle();
    cancelTick();
    this.retention.stop();
    const how = this.#lost ? "lost" : this.#ended && !this.feed.closed ? "finished" : "drained";
    await this.#giveBack(how);
    lease.drain.removeEventListener("abort", onDrain);
    lease.lost.removeEventListener("abort", onLost);
    this.#run.emit({ type: "partition-ended", source: source.name, partition: lease.partition, how: this.#lost ? "lost" : how });
  }

  /** Stops reading, aborts what has not started, and lets the rest finish until the deadline. */
  drain(deadlineMs: number, reason: Error): void {
    if (this.feed.closed) return;
    this.#stop.abort(reason);
    this.#whenPassed?.();
    this.feed.close(reason);
    this.feed.abortWaiting(reason);
    const { clock } = this.#run;
    scheduleUnless(this.#end.signal, clock, Math.max(0, deadlineMs - clock.nowMs()), () => this.abandon(reason));
  }

  /** Aborts everything that is under way; what was settled is saved, and the partition given back, within the grace. */
  abandon(reason: Error): void {
    this.#stop.abort(reason);
    this.#whenPassed?.();
    this.feed.abandon(reason);
    this.#abandoned.abort(reason);
    scheduleUnless(this.#end.signal, this.#run.clock, graceMs, () => this.#end.abort(reason));
  }

  original(message: Message<unknown>): Original {
    return this.#options.source.original(message);
  }

  noteOf(message: Message<unknown>): string {
    return (message as LogMessage<unknown>).position;
  }

  conclude(delivery: TrackedDelivery, outcome: FinalOutcome): void {
    this.feed.settle(delivery, outcome);
  }

  skipped(moved: boolean): void {
    if (moved) this.#whenPassed?.();
  }

  settled(count: number, moved: boolean): void {
    if (moved) this.#whenPassed?.();
    this.#checkpointer.unsaved += count;
    if (this.#checkpointer.unsaved >= this.#options.policy.everyMessages) this.#checkpointer.saveSoon();
  }

  giveBack(_delivery: TrackedDelivery, _delayMs: number): boolean {
    return false;
  }

  aborted(_delivery: TrackedDelivery): void {
    // The watermark stays before it: the next owner delivers it again.
  }

  idle(): void {
    this.#whenIdle?.();
  }

  keyBlocked(count: number): void {
    this.noted();
    const { maxNotes = 0 } = this.#options.source.coordination.checkpoints;
    if (count <= maxNotes) return;
    const error = new SpillwayError(
      `${count} keys of ${this.#options.lease.partition} are blocked by dead letters, and its checkpoints keep ${maxNotes}; find out why so many fail, redrive and clear them, or use keys: "skip-one"`,
      { code: "SPILLWAY_TOO_MANY_BLOCKED_KEYS", failureClass: "fatal" },
    );
    this.#run.fail(error);
  }

  doneChildren(message: Message<unknown>): DoneChildren | undefined {
    return this.#progress.doneChildren(message);
  }

  noted(): void {
    this.#checkpointer.noted = true;
  }

  async #open(): Promise<boolean> {
    const { lease, source, scope } = this.#options;
    const key = { scope, partition: lease.partition };
    for (let failures = 0; !this.#stop.signal.aborted; ) {
      try {
        const checkpoint = await source.coordination.checkpoints.load(key, lease.token, { signal: this.#stop.signal });
        this.trouble.passed();
        this.#overslept = new Overslept(checkpoint, this.#run.clock.nowMs());
        if (checkpoint?.state === "finished") {
          this.#ended = true;
          return false;
        }
        if (checkpoint !== undefined) {
          this.#progress.restore(checkpoint, this.feed, this.#run.settings.version);
          this.#startCarefully(checkpoint.attempting);
        } else this.#startCarefully(undefined);
        if (checkpoint === undefined && this.#progress.from.at === "latest") {
          // "latest" must mean the same after a crash, or what was appended in between would be skipped.
          this.#progress.from = { at: "timestamp", timestampMs: this.#run.clock.nowMs() };
          return await this.#checkpointer.save();
        }
        return true;
      } catch (error) {
        if (!(await this.#survive(error, ++failures))) return false;
      }
    }
    return false;
  }

  #startCarefully(attempting: Attempting | undefined): void {
    const { lease, source, crashLimit, gate } = this.#options;
    if (lease.takeover === "clean") return;
    this.#careful = new CarefulStart({
      crashed: attempting === undefined ? undefined : { position: attempting.position, crashes: attempting.crashes + 1 },
      crashLimit,
      messages: Math.max(minCarefulStarts, gate.units),
      save: () => this.#checkpointer.save(),
      nowMs: () => this.#run.clock.nowMs(),
      remembers: (sequence) => this.#progress.remembers(this.feed, sequence, source.coordination.checkpoints.maxDone),
      turn: this.#run.carefulTurn,
      wake: () => {
        gate.enqueue(this.feed);
        gate.pump();
      },
      over: () => {
        this.#careful = undefined;
        this.feed.guard = undefined;
      },
    });
    this.feed.guard = this.#careful;
  }

  #read(): Promise<boolean> {
    const { source, lease, share } = this.#options;
    return readPartition(
      {
        source,
        partition: lease.partition,
        credits: this.credits,
        share,
        room: (messages) => this.#room(messages),
        take: (batch, reserved) => this.#offer(batch, reserved),
        survive: (error, failures) => this.#survive(error, failures),
        stop: this.#stop.signal,
        abandoned: this.#abandoned.signal,
      },
      this.#progress.from,
    );
  }

  #offer(batch: LogBatch<unknown>, reserved: number): void {
    this.trouble.passed();
    this.retention.heard(batch);
    this.#children = batch.children;
    this.#lostMessages(batch.lost);
    this.#lostMessages(this.#overslept?.before(batch));
    const bytes = bytesOf(batch.messages);
    // A listener may just have stopped the pipeline: a feed that is closed starts nothing and aborts nothing any more.
    if (this.feed.closed) {
      this.credits.exchange(reserved, 0, 0);
      return;
    }
    this.credits.exchange(reserved, batch.messages.length, bytes);
    this.feed.offer(batch.messages, bytes, this.#progress.expectsDone ? (message) => this.#takeDone(message) : undefined);
    // What comes after the gap may all be done already; the checkpoint is to be beyond it, or the loss is told again and again.
    if (batch.lost !== undefined) this.noted();
  }

  #lostMessages(lost: LostMessages | undefined): void {
    if (lost === undefined) return;
    const { lease, source } = this.#options;
    this.#run.counters.lose(lost);
    this.#run.emit({ type: "messages-lost", source: source.name, partition: lease.partition, lost });
  }

  #takeDone(message: Message<unknown>): boolean {
    if (!this.#progress.takeDone(message)) return false;
    this.credits.release(1, sizeOf(message.value));
    return true;
  }

  /** Waits for credits, for the watermark to be near enough, and for checkpoints to be saved at all. False when reading is to stop. */
  async #room(messages: number): Promise<boolean> {
    const { policy, maxSpan } = this.#options;
    if (this.#checkpointer.unsaved > exposure * policy.everyMessages) await this.#checkpointer.save();
    while (this.feed.window.size >= maxSpan && !this.#stop.signal.aborted) await this.#nextPass();
    return await this.credits.reserve(messages, this.#stop.signal);
  }

  #nextPass(): Promise<void> {
    return new Promise((resolve) => (this.#whenPassed = resolve));
  }

  async #idle(): Promise<void> {
    while (this.feed.unsettled > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve));
    this.#whenIdle = undefined;
  }

  async #giveBack(how: "lost" | "finished" | "drained"): Promise<void> {
    if (how !== "lost") {
      if (this.#checkpointer.dirty || how === "finished") await this.#checkpointer.save();
      if (!this.#lost) await this.#release(how);
    }
    this.#end.abort(new Error("the partition was given back"));
  }

  async #release(how: "finished" | "drained"): Promise<void> {
    const { lease, source } = this.#options;
    try {
      const children = how === "finished" ? this.#children : undefined;
      await lease.release(how, { signal: this.#end.signal, ...(children !== undefined && { children }) });
    } catch (error) {
      this.#run.emit({ type: "source-failed", source: source.name, error, delayMs: 0 });
    }
  }

  #lose(reason: Error): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#stop.abort(reason);
    this.#whenPassed?.();
    this.#end.abort(reason);
    this.feed.abandon(reason);
    this.#abandoned.abort(reason);
  }

  /** Waits after a failure of the source or the store; false when there is no point in going on. */
  async #survive(error: unknown, failures: number): Promise<boolean> {
    if (this.#stop.signal.aborted) return false;
    if (hasCode(error, "SPILLWAY_LEASE_LOST")) {
      this.#lose(error as Error);
      return false;
    }
    // Neither mends itself: what is damaged or forbidden stays so.
    if (failureClassOf(error) === "fatal" || failureClassOf(error) === "permanent") {
      this.#run.fail(error);
      return false;
    }
    return await pause(this.#run.clock, this.trouble.failed(error, failures), this.#stop.signal);
  }

  #saveEvery(everyMs: number): () => void {
    const { clock } = this.#run;
    const tick = (): void => {
      if (this.#checkpointer.dirty) this.#checkpointer.saveSoon();
      cancel = clock.schedule(everyMs, tick);
    };
    let cancel = clock.schedule(everyMs, tick);
    return () => cancel();
  }

  #capture(): Checkpoint {
    if (this.#ended && this.feed.unsettled === 0 && !this.feed.closed) return { state: "finished" };
    const { maxDone, maxNotes = 0 } = this.#options.source.coordination.checkpoints;
    const { expands, settings } = this.#run;
    // Looking for children costs a walk over all that is under way.
    const version = expands ? settings.version : undefined;
    return this.#progress.capture(this.feed, this.#careful?.attempting, { maxDone, maxNotes, version });
  }
}

function reasonOf(signal: AbortSignal): Error {
  return asError(signal.reason);
}
