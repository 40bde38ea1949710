import { SpillwayError, type Disposition } from "@spillway/spec";
import type { Breaker } from "../breaker.ts";
import { BreakerGuard } from "./breaker-guard.ts";
import { blockedError, isBlocked } from "./blocked-key.ts";
import { Call } from "./call.ts";
import type { Gate } from "./gate.ts";
import { HandlerSlots } from "./handler-slots.ts";
import { isThenable } from "./is-thenable.ts";
import { leave } from "./leave.ts";
import { markFailed } from "./mark.ts";
import type { Run } from "./run-context.ts";
import { Slot, type SlotOwner } from "./slot.ts";
import type { Acceptor, Admission, RunnableStage } from "./stage.ts";
import type { StageAdmission } from "./stage-admission.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";

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
  private readonly guard: BreakerGuard<TrackedDelivery> | undefined;
  private readonly disposition: Disposition | undefined;
  private readonly slots: HandlerSlots;
  private readonly call = new Call((delivery) => this.slots.take(delivery));

  constructor(options: WorkStageOptions) {
    const { place } = options;
    this.name = options.name;
    this.work = options.work;
    this.own = place.at === "own" ? place.admission : undefined;
    this.left = place.at === "own" ? place.admission : place.exit ? place.gate : undefined;
    this.next = options.next;
    this.onward = options.next.open;
    this.run = options.run;
    this.slots = new HandlerSlots({ owner: this, clock: options.run.clock, timeoutMs: options.timeoutMs });
    if (options.breaker !== undefined) this.guard = new BreakerGuard(options.breaker, options.run, (delivery) => this.admitted(delivery));
    this.disposition = options.disposition;
    options.run.stages.push(this);
    options.run.running.push(() => this.slots.deliveries);
    options.run.onEnd(() => this.slots.end());
  }

  /** How many handlers are running. */
  get running(): number {
    return this.slots.deliveries.length;
  }

  /** How long a handler that waits takes, about, in milliseconds; undefined while none was timed. */
  get typicalMs(): number | undefined {
    return this.slots.typicalMs;
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
      // It cannot even be waited for, as a promise whose then() throws.
      this.threw(delivery, error);
    }
    return true;
  }

  resolved(slot: Slot, delivery: TrackedDelivery, value: unknown): void {
    try {
      this.slots.free(slot);
      delivery.activity = undefined;
      this.succeeded(delivery, value);
    } catch (error) {
      this.run.fail(error, delivery);
    }
    if (!delivery.settled) delivery.stay();
  }

  rejected(slot: Slot, delivery: TrackedDelivery, reason: unknown): void {
    try {
      delivery.feed.hold(delivery);
      this.slots.free(slot);
      delivery.activity = undefined;
      this.failed(delivery, reason);
    } catch (error) {
      this.run.fail(error, delivery);
    }
  }

  discarded(slot: Slot): void {
    this.slots.discard(slot);
    this.guard?.gaveUp();
  }

  private wait(delivery: TrackedDelivery, result: Promise<unknown>): void {
    const slot = delivery.activity === this.call ? this.slots.take(delivery) : this.slotOf(delivery);
    delivery.activity = slot;
    this.slots.begin(slot);
    if (this.own !== undefined) this.own.occupy(delivery);
    // Last: it may be aborted by this, and gives back what it has here.
    delivery.feed.begin(delivery);
    result.then(slot.onResolved, slot.onRejected);
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

  /** The slot that a function has asked for while it was called. */
  private slotOf(delivery: TrackedDelivery): Slot {
    return delivery.activity instanceof Slot ? delivery.activity : this.slots.take(delivery);
  }

  private freeSlotOf({ activity }: TrackedDelivery): void {
    if (activity instanceof Slot) this.slots.free(activity);
  }

  timedOut(slot: Slot, delivery: TrackedDelivery, timeoutMs: number): void {
    const error = new SpillwayError(
      `${this.name} did not settle within ${timeoutMs} ms; make it faster, let it stop on its signal, or raise timeoutMs`,
      { code: "SPILLWAY_HANDLER_TIMEOUT" },
    );
    delivery.feed.hold(delivery);
    slot.stop(error);
    this.failed(delivery, error);
  }
}

/** Its message was aborted: whatever it still answers, a rejection too, is nobody's. */
function ignore(result: unknown): void {
  if (isThenable(result)) result.then(undefined, () => undefined);
}
