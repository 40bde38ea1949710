import { SpillwayError, type Cancel, type Disposition } from "@spillway/spec";
import type { Breaker } from "../breaker.ts";
import { BreakerGuard } from "./breaker-guard.ts";
import { blockedError, isBlocked } from "./blocked-key.ts";
import { Call } from "./call.ts";
import type { Gate } from "./gate.ts";
import { isThenable } from "./is-thenable.ts";
import { leave } from "./leave.ts";
import { markFailed } from "./mark.ts";
import type { Run } from "./run-context.ts";
import { Slot, type SlotOwner } from "./slot.ts";
import type { Acceptor, Admission, RunnableStage } from "./stage.ts";
import type { StageAdmission } from "./stage-admission.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";
import { TypicalTime } from "./typical-time.ts";

/** What a stage does with a value: returns the next value or a promise of it; throws or rejects to fail. */
export type Work = (value: unknown, delivery: TrackedDelivery) => unknown;

/** Who keeps the lanes of a stage. */
export type Place =
  /** The gate, which admitted the delivery; it leaves the gate behind the stage that is the exit. */
  | { readonly at: "gate"; readonly gate: Gate; readonly exit: boolean }
  /** The stage itself. */
  | { readonly at: "own"; readonly admission: StageAdmission };

/** What a work stage is made of. */
export interface WorkStageOptions {
  readonly name: string;
  readonly work: Work;
  readonly place: Place;
  readonly next: Acceptor;
  readonly run: Run;
  readonly timeoutMs: number | undefined;
  readonly breaker: Breaker | undefined;
  /** What dead letters of this stage are called, whatever their class; undefined: by their class. */
  readonly disposition: Disposition | undefined;
}

/** One in 256 handlers that wait is timed: asking for the time twice costs as much as starting a handler does. */
const sampleMask = 255;

/** A time-out is noticed at most this share of it too late; the price of a timer for all handlers instead of one for each. */
const sweepsPerTimeout = 8;

/**
 * The one executor: runs a function for each delivery, synchronous or not, and passes the delivery on with the result, or marks it failed. decode,
 * map, filter and handle differ in the function alone.
 */
export class WorkStage implements Acceptor, RunnableStage, SlotOwner {
  readonly name: string;
  private readonly work: Work;
  private readonly own: StageAdmission | undefined;
  /** What a delivery leaves with this stage; undefined when the gate has it longer. */
  private readonly left: Admission | undefined;
  readonly open: Acceptor = this;
  private readonly next: Acceptor;
  /** The next stage for a delivery that this one has succeeded with. */
  private readonly onward: Acceptor;
  private readonly run: Run;
  private readonly timeoutMs: number | undefined;
  private readonly guard: BreakerGuard<TrackedDelivery> | undefined;
  private readonly disposition: Disposition | undefined;
  /** All slots in use, idle ones included: no more than handlers have ever run at once. */
  private readonly slots = new Set<Slot>();
  /** The first of the idle ones; each has the next. */
  private idle: Slot | undefined = undefined;
  private readonly call = new Call((delivery) => this.slotFor(delivery));
  private sweep = 0;
  private waits = 0;
  private readonly time = new TypicalTime();
  private cancelSweep: Cancel | undefined = undefined;
  /** Whether a delivery that waits needs nothing more: no lane of this stage's own, and time-outs are looked for if there are any. */
  private isPrepared = false;

  constructor(options: WorkStageOptions) {
    const { place } = options;
    this.name = options.name;
    this.work = options.work;
    this.own = place.at === "own" ? place.admission : undefined;
    this.left = place.at === "own" ? place.admission : place.exit ? place.gate : undefined;
    this.next = options.next;
    this.onward = options.next.open;
    this.run = options.run;
    this.timeoutMs = options.timeoutMs;
    if (options.breaker !== undefined) this.guard = new BreakerGuard(options.breaker, options.run, (delivery) => this.admitted(delivery));
    this.disposition = options.disposition;
    options.run.stages.push(this);
    options.run.onEnd(() => this.cancelSweep?.());
  }

  /** How many handlers are running. */
  get running(): number {
    let count = 0;
    for (const { delivery } of this.slots) if (delivery !== undefined) count++;
    return count;
  }

  accept(delivery: TrackedDelivery): void {
    if (delivery.mark !== undefined) this.next.accept(delivery);
    else if (this.own === undefined) this.start(delivery);
    else this.admit(delivery, this.own);
  }

  private admit(delivery: TrackedDelivery, own: StageAdmission): void {
    if (own.admit(delivery, this)) this.start(delivery);
  }

  start(delivery: TrackedDelivery): void {
    if (this.guard === undefined && delivery.feed.blockedKeys === undefined) this.attempt(delivery);
    else this.startWithCare(delivery);
  }

  // Apart from start, so that what is rare does not stand in the way of inlining what is not.
  private startWithCare(delivery: TrackedDelivery): void {
    if (isBlocked(delivery)) this.turnAway(delivery);
    else if (this.guard === undefined || this.guard.admit(delivery)) this.attempt(delivery);
    else {
      delivery.waits = true;
      this.own?.occupy(delivery);
    }
  }

  /** The breaker lets a delivery go that has waited for it; meanwhile it may have ended, or its key may have been blocked. */
  private admitted(delivery: TrackedDelivery): void {
    delivery.waits = false;
    if (!delivery.settled && !isBlocked(delivery)) {
      this.attempt(delivery);
      return;
    }
    this.guard?.gaveUp();
    if (!delivery.settled) this.turnAway(delivery);
  }

  private attempt(delivery: TrackedDelivery): void {
    let result: unknown;
    delivery.stage = this;
    delivery.activity = this.call;
    try {
      result = this.work(delivery.value, delivery);
    } catch (error) {
      return this.threw(delivery, error);
    }
    if (delivery.activity !== this.call) return this.returned(delivery, result);
    if (typeof result === "object" && this.waitsFor(result, delivery)) return;
    delivery.activity = undefined;
    this.succeeded(delivery, result);
  }

  /** A function has returned that has asked for its signal, or whose message was aborted meanwhile: then nobody waits for its answer. */
  private returned(delivery: TrackedDelivery, result: unknown): void {
    if (delivery.settled) return ignore(result);
    if (typeof result === "object" && this.waitsFor(result, delivery)) return;
    this.freeSlotOf(delivery);
    delivery.activity = undefined;
    this.succeeded(delivery, result);
  }

  private threw(delivery: TrackedDelivery, error: unknown): void {
    this.freeSlotOf(delivery);
    delivery.activity = undefined;
    if (!delivery.settled) this.failed(delivery, error);
  }

  /** Whether the handler's answer is still to come; then it is waited for. */
  private waitsFor(result: unknown, delivery: TrackedDelivery): boolean {
    try {
      if (result instanceof Promise) this.wait(delivery, result);
      // One that is no promise of the language's own may answer twice, when its slot runs another delivery.
      else if (isThenable(result)) this.wait(delivery, Promise.resolve(result));
      else return false;
    } catch (error) {
      this.failedToWait(delivery, error);
    }
    return true;
  }

  /** An answer that cannot even be waited for, such as a promise whose then() throws. */
  private failedToWait(delivery: TrackedDelivery, error: unknown): void {
    delivery.feed.hold(delivery, delivery);
    this.threw(delivery, error);
  }

  private slotFor(delivery: TrackedDelivery): Slot {
    const slot = this.idle ?? this.newSlot();
    this.idle = slot.nextIdle;
    slot.delivery = delivery;
    return slot;
  }

  resolved(slot: Slot, delivery: TrackedDelivery, value: unknown): void {
    try {
      delivery.feed.letGo(delivery);
      this.freeSlot(slot);
      delivery.activity = undefined;
      this.succeeded(delivery, value);
    } catch (error) {
      this.run.fail(error, delivery);
    }
    if (!delivery.settled) delivery.stay();
  }

  rejected(slot: Slot, delivery: TrackedDelivery, reason: unknown): void {
    try {
      delivery.feed.hold(delivery, delivery);
      this.freeSlot(slot);
      delivery.activity = undefined;
      this.failed(delivery, reason);
    } catch (error) {
      this.run.fail(error, delivery);
    }
  }

  discarded(slot: Slot): void {
    this.slots.delete(slot);
    this.guard?.gaveUp();
  }

  private wait(delivery: TrackedDelivery, result: Promise<unknown>): void {
    const slot = delivery.activity === this.call ? this.slotFor(delivery) : this.slotOf(delivery);
    delivery.activity = slot;
    slot.startedAtSweep = this.sweep;
    if ((this.waits++ & sampleMask) === 0) this.beginSample(slot);
    if (!this.isPrepared) this.prepare(delivery);
    // Last: it may be aborted by this, and gives back what it has here.
    delivery.feed.hold(delivery, slot);
    result.then(slot.onResolved, slot.onRejected);
  }

  /** Enters a delivery that waits in the stage's own lanes, and sees to it that time-outs are looked for. */
  private prepare(delivery: TrackedDelivery): void {
    this.own?.occupy(delivery);
    if (this.cancelSweep === undefined && this.timeoutMs !== undefined) this.sweepLater(this.timeoutMs);
    this.isPrepared = this.own === undefined;
  }

  private succeeded(delivery: TrackedDelivery, value: unknown): void {
    if (this.guard !== undefined || delivery.lastFailure !== undefined) this.recovered(delivery);
    delivery.value = value;
    if (this.left === undefined) this.onward.accept(delivery);
    else leave(delivery, this.left, this.onward);
  }

  private recovered(delivery: TrackedDelivery): void {
    this.guard?.succeeded();
    delivery.recover();
  }

  private failed(delivery: TrackedDelivery, error: unknown): void {
    if (this.guard?.failed(error, delivery) === true) {
      delivery.waits = true;
      this.own?.occupy(delivery);
      return;
    }
    this.giveUp(delivery, error, this.disposition);
  }

  /** It follows the dead letter that blocks its key: it was not worked on here, so that what this stage says of failures is not said of it. */
  private turnAway(delivery: TrackedDelivery): void {
    this.giveUp(delivery, blockedError(delivery.message.key), undefined);
  }

  private giveUp(delivery: TrackedDelivery, error: unknown, disposition: Disposition | undefined): void {
    markFailed(delivery, this, error, disposition, this.run.clock.nowMs());
    delivery.holder?.park(delivery);
    this.next.accept(delivery);
  }

  /** How long a handler that waits takes, about, in milliseconds; undefined while none was sampled. */
  get typicalMs(): number | undefined {
    return this.time.ms;
  }

  /** The slot that a function has asked for while it was called. */
  private slotOf(delivery: TrackedDelivery): Slot {
    return delivery.activity instanceof Slot ? delivery.activity : this.slotFor(delivery);
  }

  private freeSlotOf({ activity }: TrackedDelivery): void {
    if (activity instanceof Slot) this.freeSlot(activity);
  }

  private freeSlot(slot: Slot): void {
    if (slot.sampledAtMs !== undefined) this.endSample(slot, slot.sampledAtMs);
    slot.delivery = undefined;
    slot.nextIdle = this.idle;
    this.idle = slot;
  }

  private beginSample(slot: Slot): void {
    slot.sampledAtMs = this.run.clock.nowMs();
  }

  private endSample(slot: Slot, sampledAtMs: number): void {
    this.time.took(this.run.clock.nowMs() - sampledAtMs);
    slot.sampledAtMs = undefined;
  }

  private newSlot(): Slot {
    const slot = new Slot(this);
    this.slots.add(slot);
    return slot;
  }

  private sweepLater(timeoutMs: number): void {
    this.cancelSweep = this.run.clock.schedule(timeoutMs / sweepsPerTimeout, () => {
      this.cancelSweep = undefined;
      this.isPrepared = false;
      this.sweep++;
      for (const slot of [...this.slots]) if (this.sweep - slot.startedAtSweep > sweepsPerTimeout) this.timedOut(slot, timeoutMs);
      // A message that started in place of one that timed out has set the timer already.
      if (this.running > 0 && this.cancelSweep === undefined) this.sweepLater(timeoutMs);
    });
  }

  private timedOut(slot: Slot, timeoutMs: number): void {
    const { delivery } = slot;
    if (delivery === undefined) return;
    const error = new SpillwayError(
      `${this.name} did not settle within ${timeoutMs} ms; make it faster, let it stop on its signal, or raise timeoutMs`,
      { code: "SPILLWAY_HANDLER_TIMEOUT" },
    );
    delivery.feed.hold(delivery, delivery);
    slot.stop(error);
    this.failed(delivery, error);
  }
}

function ignore(result: unknown): void {
  if (isThenable(result)) result.then(undefined, () => undefined);
}
