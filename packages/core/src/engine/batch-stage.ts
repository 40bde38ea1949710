import { hasCode, SpillwayError, type Cancel } from "@spillway/spec";
import type { Breaker } from "../breaker.ts";
import { blockedError, isBlocked } from "./blocked-key.ts";
import { BreakerGuard } from "./breaker-guard.ts";
import { Flight } from "./flight.ts";
import { Crowd } from "./crowd.ts";
import { laneKey } from "./lane-key.ts";
import { markFailed } from "./mark.ts";
import { notAttempted } from "./not-attempted.ts";
import { Ring } from "./ring.ts";
import type { Run } from "./run-context.ts";
import { ScopedLanes, type BusyLane } from "./scoped-lanes.ts";
import { sizeOf } from "./size-of.ts";
import { TypicalTime } from "./typical-time.ts";
import type { Acceptor, Admission, RunnableStage } from "./stage.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";

/** What became of one delivery of a batch. */
export type BatchResult = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown };

/** The result of a delivery that passed with the value that it has: one object for all of them, so that a batch costs none for each message. */
export const passed: BatchResult = { ok: true, value: undefined };

/** What a batch stage is made of. */
export interface BatchStageOptions {
  readonly name: string;
  readonly run: Run;
  readonly next: Acceptor;
  /** Asked anew for each batch. */
  readonly maxMessages: () => number;
  readonly maxBytes: number;
  readonly lingerMs: number;
  readonly concurrency: number;
  readonly breaker: Breaker | undefined;
  /** How long a batch may take; Infinity: for ever. */
  readonly timeoutMs: number;
  /** Whether a message must be in a batch of its own. */
  readonly goesAlone: (delivery: TrackedDelivery) => boolean;
  /** Whether one batch may hold several messages of a lane, in their order. */
  readonly sharesLanes: boolean;
  /** Whether what is behind a message in its lane may be in one batch with it, where batches share lanes. */
  readonly takesAlong: (delivery: TrackedDelivery) => boolean;
  /** Works on a batch; one result for each delivery. Must not throw or reject. */
  readonly execute: (batch: readonly TrackedDelivery[], signal: AbortSignal) => readonly BatchResult[] | Promise<readonly BatchResult[]>;
}

interface Lane extends BusyLane {
  state: "ready" | "flying" | "held";
  /** Those of the waiting that have passed in a batch with an earlier one that has not: they go on after it, and are not worked on again. */
  through: Set<TrackedDelivery> | undefined;
}

/** Collects deliveries into batches, keeps each lane in order over them, and takes the results apart again. */
export class BatchStage implements Acceptor, RunnableStage, Admission {
  readonly name: string;
  readonly open: Acceptor = this;
  private readonly options: BatchStageOptions;
  private readonly run: Run;
  private readonly next: Acceptor;
  private readonly guard: BreakerGuard<readonly TrackedDelivery[]> | undefined;
  private readonly lanes = new ScopedLanes<Lane>();
  private readonly crowd: Crowd;
  /** One delivery of each lane that may go, and all that have no lane. */
  private readonly ready = new Ring<TrackedDelivery>();
  /** How many deliveries could go with the next batches. */
  private eligible = 0;
  private flying = 0;
  private cancelLinger: Cancel | undefined = undefined;
  private lingered = false;
  private departing = false;
  private readonly time = new TypicalTime();
  /** How many messages are in calls that have not answered. */
  running = 0;

  constructor(options: BatchStageOptions) {
    this.name = options.name;
    this.options = options;
    this.run = options.run;
    this.next = options.next;
    this.crowd = new Crowd(options.run);
    options.run.stages.push(this);
    options.run.onDrain(() => this.lingerOver());
    if (options.breaker !== undefined) this.guard = new BreakerGuard(options.breaker, options.run, (batch) => this.relaunch(batch));
  }

  /** How long a call that waits takes, about, in milliseconds; undefined while none has ended. */
  get typicalMs(): number | undefined {
    return this.time.ms;
  }

  accept(delivery: TrackedDelivery): void {
    if (delivery.mark !== undefined) this.next.accept(delivery);
    else this.start(delivery);
  }

  start(delivery: TrackedDelivery): void {
    delivery.holder = this;
    delivery.stage = this;
    delivery.hasUnit = false;
    const key = laneKey(delivery);
    if (key !== undefined) {
      const lane = this.lanes.of(delivery);
      if (lane !== undefined) {
        lane.waiting.push(delivery);
        if (lane.state === "ready" && this.options.sharesLanes) this.eligible++;
        this.depart();
        return;
      }
      this.lanes.add(delivery, key, { state: "ready", waiting: new Ring(4), through: undefined });
      delivery.ownsLane = true;
    }
    this.queue(delivery);
    // Most arrivals neither fill a batch nor start its clock.
    if (this.cancelLinger === undefined || this.isDue()) this.depart();
  }

  park(_delivery: TrackedDelivery): void {
    // A failed delivery keeps its lane and has no unit: the batch's concurrency was given back when the batch ended.
  }

  resume(delivery: TrackedDelivery): void {
    const lane = this.lanes.of(delivery);
    if (lane !== undefined) lane.state = "ready";
    this.ready.unshift(delivery);
    this.eligible += 1 + (this.options.sharesLanes ? (lane?.waiting.size ?? 0) : 0);
    this.depart();
  }

  release(delivery: TrackedDelivery, _unit: boolean, lane: boolean): void {
    const held = lane ? this.lanes.of(delivery) : undefined;
    // A lane that is flying moves on when its batch has landed.
    if (held === undefined || held.state === "flying") return;
    this.advance(held, delivery);
    this.depart();
  }

  private queue(delivery: TrackedDelivery): void {
    this.ready.push(delivery);
    this.eligible++;
    this.watchCrowd();
  }

  private depart(): void {
    if (this.departing) return;
    this.departing = true;
    let departed = false;
    while (this.ready.size > 0 && this.flying < this.options.concurrency && this.isDue()) {
      this.fly(this.compose());
      departed = true;
    }
    this.departing = false;
    if (this.ready.size === 0) this.stopLinger();
    else if (this.flying < this.options.concurrency) this.linger();
    if (departed) this.watchCrowd();
  }

  private isDue(): boolean {
    return this.lingered || this.run.stopping !== undefined || this.eligible >= this.options.maxMessages();
  }

  private linger(): void {
    if (this.cancelLinger !== undefined) return;
    const over = (): void => this.lingerOver();
    const { lingerMs } = this.options;
    this.cancelLinger = lingerMs === 0 ? this.run.clock.defer(over) : this.run.clock.schedule(lingerMs, over);
  }

  /** The batch that it waited for has gone full: the next one's first message has a linger of its own. */
  private stopLinger(): void {
    this.cancelLinger?.();
    this.cancelLinger = undefined;
  }

  /** What has waited long enough goes as it is, in one batch. */
  private lingerOver(): void {
    this.cancelLinger = undefined;
    this.lingered = true;
    this.depart();
    this.lingered = false;
  }

  private compose(): TrackedDelivery[] {
    const { sharesLanes, takesAlong, maxBytes, goesAlone } = this.options;
    const maxMessages = this.options.maxMessages();
    const weighs = maxBytes !== Number.POSITIVE_INFINITY;
    const batch: TrackedDelivery[] = [];
    let bytes = 0;
    let alone = false;
    const fits = (delivery: TrackedDelivery): boolean =>
      batch.length === 0 ||
      (!alone && batch.length < maxMessages && (!weighs || bytes + sizeOf(delivery.message.value) <= maxBytes) && !goesAlone(delivery));
    const take = (delivery: TrackedDelivery): void => {
      batch.push(delivery);
      if (weighs) bytes += sizeOf(delivery.message.value);
      this.eligible--;
    };
    for (let delivery = this.ready.peek(); delivery !== undefined && (delivery.settled || fits(delivery)); delivery = this.ready.peek()) {
      this.ready.shift();
      if (delivery.settled || isBlocked(delivery)) {
        this.eligible--;
        if (!delivery.settled) this.failed(delivery, this.lanes.of(delivery), blockedError(delivery.message.key), this.run.clock.nowMs());
        continue;
      }
      take(delivery);
      if (batch.length === 1) alone = goesAlone(delivery);
      const lane = this.lanes.of(delivery);
      if (lane === undefined) continue;
      lane.state = "flying";
      if (!sharesLanes) continue;
      const takes = takesAlong(delivery);
      const goesAlong = (mate: TrackedDelivery): boolean => mate.settled || (takes && lane.through?.has(mate) !== true && fits(mate));
      for (let mate = lane.waiting.peek(); mate !== undefined && goesAlong(mate); mate = lane.waiting.peek()) {
        lane.waiting.shift();
        if (mate.settled) this.eligible--;
        else take(mate);
      }
      this.eligible -= lane.waiting.size;
    }
    if (this.ready.size === 0) this.lingered = false;
    return batch;
  }

  private fly(batch: readonly TrackedDelivery[]): void {
    if (batch.length === 0) return;
    this.flying++;
    if (this.guard === undefined || this.guard.admit(batch)) this.launch(batch);
    else this.wait(batch);
  }

  private wait(batch: readonly TrackedDelivery[]): void {
    for (const delivery of batch) delivery.waits = true;
  }

  /** A batch that has waited for the breaker goes as it is, or is made anew without what has ended meanwhile or must not be worked on any more. */
  private relaunch(batch: readonly TrackedDelivery[]): void {
    for (const delivery of batch) delivery.waits = false;
    if (!batch.some((delivery) => delivery.settled || isBlocked(delivery))) {
      this.launch(batch);
      return;
    }
    this.guard?.gaveUp();
    this.takeApart(
      batch,
      batch.map((delivery) => (isBlocked(delivery) ? { ok: false, error: blockedError(delivery.message.key) } : notAttempted)),
    );
    this.depart();
  }

  private launch(batch: readonly TrackedDelivery[]): void {
    const flight = new Flight(batch);
    const results = this.options.execute(batch, flight.signal);
    if (!(results instanceof Promise)) {
      flight.end();
      this.landed(batch, results);
      return;
    }
    this.running += batch.length;
    const startedAtMs = this.run.clock.nowMs();
    const land = (landed: readonly BatchResult[]): void => {
      if (!flight.end()) return;
      this.running -= batch.length;
      this.time.took(this.run.clock.nowMs() - startedAtMs);
      this.landed(batch, landed);
      this.depart();
    };
    const { timeoutMs } = this.options;
    if (timeoutMs !== Number.POSITIVE_INFINITY) {
      flight.limit(
        this.run.clock.schedule(timeoutMs, () => {
          const error = new SpillwayError(
            `${this.name} did not settle a batch of ${batch.length} within ${timeoutMs} ms; make it faster, or raise timeoutMs`,
            {
              code: "SPILLWAY_HANDLER_TIMEOUT",
              failureClass: "resource",
            },
          );
          flight.abort(error);
          land(batch.map(() => ({ ok: false, error })));
        }),
      );
    }
    void results.then(land).catch((error: unknown) => this.run.fail(error));
  }

  private landed(batch: readonly TrackedDelivery[], results: readonly BatchResult[]): void {
    if (this.guard !== undefined && this.isProbe(batch, results, this.guard)) {
      this.wait(batch);
      return;
    }
    this.takeApart(batch, results);
  }

  /** Sends each delivery of a batch where its result says, and moves on the lanes that nothing holds. */
  private takeApart(batch: readonly TrackedDelivery[], results: readonly BatchResult[]): void {
    this.flying--;
    const now = this.run.clock.nowMs();
    const lanes = new Map<Lane, TrackedDelivery>();
    const back: TrackedDelivery[] = [];
    let stuck: Set<Lane> | undefined = undefined;
    batch.forEach((delivery, index) => {
      const lane = this.lanes.of(delivery);
      if (lane !== undefined) lanes.set(lane, delivery);
      if (delivery.settled) return;
      const result = results[index] as BatchResult;
      const isBehind = lane !== undefined && stuck?.has(lane) === true;
      if (result.ok) {
        if (result !== passed) delivery.value = result.value;
        if (!isBehind) this.leave(delivery);
        else {
          (lane.through ??= new Set()).add(delivery);
          back.push(delivery);
        }
        return;
      }
      if (lane !== undefined) (stuck ??= new Set()).add(lane);
      if (isBehind || hasCode(result.error, "SPILLWAY_NOT_ATTEMPTED")) back.push(delivery);
      else this.failed(delivery, lane, result.error, now);
    });
    for (const delivery of back.reverse()) this.putBack(delivery);
    for (const [lane, delivery] of lanes) if (lane.state === "flying") this.advance(lane, delivery);
  }

  /** Tells the breaker how a batch went; true when it was a probe that failed, and is kept for another one. */
  private isProbe(
    batch: readonly TrackedDelivery[],
    results: readonly BatchResult[],
    guard: BreakerGuard<readonly TrackedDelivery[]>,
  ): boolean {
    const failure = results.find((result) => !result.ok && !hasCode(result.error, "SPILLWAY_NOT_ATTEMPTED"));
    const anyPassed = results.some((result) => result.ok);
    if (failure === undefined || anyPassed) guard.succeeded();
    else if (!failure.ok) return guard.failed(failure.error, batch);
    return false;
  }

  private leave(delivery: TrackedDelivery): void {
    delivery.recover();
    delivery.leaveHolder();
    this.next.accept(delivery);
  }

  private failed(delivery: TrackedDelivery, lane: Lane | undefined, error: unknown, nowMs: number): void {
    if (lane !== undefined) {
      lane.state = "held";
      delivery.ownsLane = true;
    }
    markFailed(delivery, this, error, undefined, nowMs);
    this.next.accept(delivery);
  }

  /** A delivery behind one of its lane that has not passed goes back to its place; it has used no attempt. */
  private putBack(delivery: TrackedDelivery): void {
    const lane = this.lanes.of(delivery);
    delivery.ownsLane = false;
    if (lane !== undefined) lane.waiting.unshift(delivery);
    else {
      this.ready.unshift(delivery);
      this.eligible++;
    }
  }

  /** The next message of a lane may go, and goes on at once if it has passed already; a lane without one is forgotten. */
  private advance(lane: Lane, of: TrackedDelivery): void {
    let next = this.lanes.next(lane, of);
    for (; next !== undefined && lane.through?.delete(next) === true; next = this.lanes.next(lane, next)) {
      if (isBlocked(next)) {
        this.failed(next, lane, blockedError(next.message.key), this.run.clock.nowMs());
        return;
      }
      this.leave(next);
    }
    if (next === undefined) return;
    lane.state = "ready";
    next.ownsLane = true;
    this.queue(next);
    if (this.options.sharesLanes) this.eligible += lane.waiting.size;
  }

  private watchCrowd(): void {
    this.crowd.watch(this.ready.size, this.options.maxMessages() * this.options.concurrency * 2);
  }
}
