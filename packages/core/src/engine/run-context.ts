import type { Clock, Message } from "@spillway/spec";
import type { EngineEvent } from "../events.ts";
import type { Breaker } from "../breaker.ts";
import type { GateExplanation } from "../gate-explanation.ts";
import type { RetryBudget } from "../retry-budget.ts";
import { BudgetQueue } from "./budget-queue.ts";
import { CarefulTurn } from "./careful-turn.ts";
import { Counters, type Counts } from "./counters.ts";
import { leavesFailures, type FailurePolicy } from "./failure-policy.ts";
import type { Feed } from "./feed.ts";
import { isThenable } from "./is-thenable.ts";
import type { Failure } from "./mark.ts";
import { RetryWheel } from "./retry-wheel.ts";
import { awaitedOf, Watchdog } from "./watchdog.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";
import { asError } from "./say-error.ts";
import { sharedController } from "./shared-controller.ts";

/** How often settled work is saved. */
export interface CheckpointPolicy {
  readonly everyMessages: number;
  readonly everyMs: number;
}

/** What a run needs from outside. */
export interface RunSettings {
  readonly clock: Clock;
  readonly name: string;
  readonly version: string | undefined;
  readonly worker: string;
  readonly drainTimeoutMs: number;
  readonly stalledAfterMs: number;
  readonly listener: ((event: EngineEvent) => void) | undefined;
}

/** A stage that knows how long its handlers take. */
export interface TimedStage {
  readonly name: string;
  readonly running: number;
  readonly typicalMs: number | undefined;
}

/** A source that takes part in a run. */
export interface Intake {
  readonly name: string;
  /** What is being read at present: a feed for each partition, or one for a queue. */
  readonly feeds: readonly Feed[];
  /** Stops taking messages in; what is under way may finish until the deadline, is saved and given back, and then the intake completes. */
  drain(deadlineMs: number, reason: Error): void;
  /** Aborts what is under way at once; what was settled is saved, and the rest given back, within a short grace. */
  abandon(reason: Error): void;
  /** Resolves when nothing of it is left here. */
  readonly ended: Promise<void>;
}

/** Everything that the stages and sources of one running pipeline share. */
export class Run {
  readonly settings: RunSettings;
  readonly clock: Clock;
  readonly counters: Counters = new Counters();
  readonly intakes: Intake[] = [];
  /** The stages that run handlers. */
  readonly stages: TimedStage[] = [];
  /** Of each stage, the deliveries whose handlers are running. */
  readonly running: (() => Iterable<TrackedDelivery>)[] = [];
  readonly wheel: RetryWheel;
  readonly watchdog: Watchdog;
  readonly carefulTurn: CarefulTurn = new CarefulTurn();
  /** Whether a stage makes children, whose ends are noted in checkpoints. */
  expands = false;
  checkpointPolicy: CheckpointPolicy | undefined = undefined;
  /** What the stages that are built so far do about failed messages. */
  failures: FailurePolicy = leavesFailures;
  /** What the queues' own settings will do to this pipeline, as far as they have answered. */
  readonly advice: string[] = [];
  /** Whether dead letters block their keys: not every source can be read so. */
  blocksKeys = false;
  /** Why the run is ending; undefined while it is not. */
  stopping: Error | undefined = undefined;
  /** Told of every delivery that has ended, by whoever waits for that at present; undefined while nobody does. */
  whenEnded: ((delivery: TrackedDelivery) => void) | undefined = undefined;
  /** Set when it ends because it cannot go on. */
  fatalError: Error | undefined = undefined;
  /** The breakers that stages of this run name. */
  readonly breakers: Set<Breaker> = new Set<Breaker>();
  /** What stages have to say when they hold the source; undefined while they do not. */
  readonly gates: (() => GateExplanation | undefined)[] = [];
  readonly #budgets = new Map<RetryBudget, BudgetQueue>();
  readonly #controller = sharedController();
  readonly #uncrowded: (() => void)[] = [];
  readonly #drained: (() => void)[] = [];
  readonly #ended: (() => void)[] = [];
  /** How many stages have more work queued than they can soon do, or rest; while there is one, no message is let in. */
  crowding = 0;
  /** How many of these rest, and say why themselves. */
  resting = 0;

  constructor(settings: RunSettings) {
    this.settings = settings;
    this.clock = settings.clock;
    this.wheel = new RetryWheel(settings.clock, (delivery) => this.#retryDue(delivery));
    this.watchdog = new Watchdog(this, settings.stalledAfterMs);
  }

  /** Aborts when the run has ended: for calls that nobody waits for any more. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The run is over. */
  end(reason: Error): void {
    this.stopping ??= reason;
    this.#controller.abort(reason);
    this.wheel.end();
    for (const queue of this.#budgets.values()) queue.end();
    for (const task of this.#ended) task();
  }

  /** Runs the task when the run is over, to end what waits. */
  onEnd(task: () => void): void {
    this.#ended.push(task);
  }

  /** A stage has become crowded (1) or is no longer (-1). */
  crowd(change: 1 | -1): void {
    this.crowding += change;
    if (this.crowding === 0) for (const task of this.#uncrowded) task();
  }

  /** A stage rests the intake (1), for a reason that a gate of its own or a breaker tells, or does no longer (-1). */
  rest(change: 1 | -1): void {
    this.resting += change;
    this.crowd(change);
  }

  onUncrowded(task: () => void): void {
    this.#uncrowded.push(task);
  }

  /** Runs the task when the run begins to drain: stages that wait for company (batches) go at once. */
  onDrain(task: () => void): void {
    this.#drained.push(task);
  }

  /** Tells the listener, if there is one; what it throws, or rejects with, is counted and changes nothing. */
  emit(event: EngineEvent): void {
    const failed = (): void => void this.counters.listenerErrors++;
    try {
      // A listener that is an async function has a type that fits: without a look at its answer, its rejection would end the process.
      const answer: unknown = this.settings.listener?.(event);
      if (isThenable(answer)) answer.then(undefined, failed);
    } catch {
      failed();
    }
  }

  /** What it has counted so far. */
  counts(): Counts {
    for (const { feeds } of this.intakes) for (const feed of feeds) feed.settleFront();
    return this.counters.snapshot();
  }

  /** Whether anybody listens, so that an event is worth making. */
  get listened(): boolean {
    return this.settings.listener !== undefined;
  }

  /** The engine cannot go on: the delivery, if one is to blame, stays unsettled, and everything else is drained. */
  fail(error: unknown, delivery?: TrackedDelivery): void {
    const cause = asError(error);
    this.fatalError ??= cause;
    // First nothing new is let in: the delivery's lane must not pass on when it is aborted.
    this.stop(cause);
    delivery?.feed.abort(delivery, cause);
  }

  /** Begins to drain every source; a second call changes nothing. */
  stop(reason: Error): void {
    if (this.stopping !== undefined) return;
    this.stopping = reason;
    const deadlineMs = this.clock.nowMs() + this.settings.drainTimeoutMs;
    this.emit({ type: "draining", reason: reason.message, ...this.#forecast() });
    for (const intake of this.intakes) intake.drain(deadlineMs, reason);
    for (const task of this.#drained) task();
  }

  /** What is running, and how long that takes as a rule. */
  #forecast(): Pick<Extract<EngineEvent, { readonly type: "draining" }>, "inFlight" | "running" | "expectedMs" | "late"> {
    const busy = this.stages.filter(({ running }) => running > 0);
    const expected = busy.flatMap(({ typicalMs }) => typicalMs ?? []);
    return {
      inFlight: this.counts().inFlight,
      running: busy.reduce((sum, { running }) => sum + running, 0),
      expectedMs: expected.length === 0 ? undefined : Math.round(Math.max(...expected)),
      late: this.listened ? this.#late() : [],
    };
  }

  /** What is at a stage that takes longer, as a rule, than there is time. */
  #late(): readonly Message<unknown>[] {
    const slow = new Set<unknown>(this.stages.filter(({ typicalMs = 0 }) => typicalMs > this.settings.drainTimeoutMs));
    const underWay = this.intakes.flatMap(({ feeds }) => feeds.flatMap((feed) => feed.underWay()));
    return underWay.filter((delivery) => slow.has(awaitedOf(delivery)?.stage)).map(({ message }) => message);
  }

  /** The deliveries whose handlers are running: nobody else knows of them. */
  *atWork(): Iterable<TrackedDelivery> {
    for (const deliveries of this.running) yield* deliveries();
  }

  /** Sends a failed delivery back to the stage that failed, after its failure's delay; one that would wait while its feed closes is aborted. */
  retryLater(delivery: TrackedDelivery, failure: Failure): void {
    if (delivery.feed.closed) {
      delivery.feed.abort(delivery, this.stopping ?? new Error("the partition is being given back"));
      return;
    }
    delivery.waits = true;
    delivery.feed.paused(delivery);
    this.wheel.add(delivery, failure);
  }

  #retryDue(delivery: TrackedDelivery): void {
    const { rationing } = delivery.lastFailure as Failure;
    if (rationing === undefined) this.#startRetry(delivery);
    else this.#queueOf(rationing.budget).add(delivery);
  }

  #queueOf(budget: RetryBudget): BudgetQueue {
    let queue = this.#budgets.get(budget);
    if (queue === undefined) {
      queue = new BudgetQueue(this.clock, budget, (delivery) => this.#startRetry(delivery));
      this.#budgets.set(budget, queue);
    }
    return queue;
  }

  #startRetry(delivery: TrackedDelivery): void {
    const { stage } = delivery.lastFailure as Failure;
    delivery.feed.retry(delivery, () => {
      delivery.waits = false;
      delivery.mark = undefined;
      this.counters.retries++;
      delivery.holder?.resume(delivery, stage);
    });
  }
}
