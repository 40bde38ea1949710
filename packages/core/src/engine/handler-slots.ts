import type { Cancel, Clock } from "@spillway/spec";
import { Slot, type SlotOwner } from "./slot.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";
import { TypicalTime } from "./typical-time.ts";

/** What the slots of a stage work with. */
export interface HandlerSlotsOptions {
  readonly owner: SlotOwner;
  readonly clock: Clock;
  readonly timeoutMs: number | undefined;
}

/** One of so many handlers that wait is timed: asking for the time twice costs as much as starting a handler does. */
const sampleEvery = 256;

/** A time-out is noticed at most this share of it too late; the price of a timer for all handlers instead of one for each. */
const sweepsPerTimeout = 8;

/** The running handlers of a stage: which there are, how long they take, and which have been running for too long. */
export class HandlerSlots {
  private readonly options: HandlerSlotsOptions;
  /** All slots in use, idle ones included: no more than handlers have ever run at once. */
  private readonly slots = new Set<Slot>();
  /** The first of the idle ones; each has the next. */
  private idle: Slot | undefined = undefined;
  private readonly time = new TypicalTime();
  private sweep = 0;
  private cancelSweep: Cancel | undefined = undefined;
  /** How many more handlers may begin to wait before one is timed, or time-outs are to be looked for again. */
  private carefree = 0;

  constructor(options: HandlerSlotsOptions) {
    this.options = options;
  }

  /** The deliveries whose handlers are running. */
  get deliveries(): readonly TrackedDelivery[] {
    return [...this.slots].flatMap(({ delivery }) => delivery ?? []);
  }

  /** How long a handler that waits takes, about, in milliseconds; undefined while none was timed. */
  get typicalMs(): number | undefined {
    return this.time.ms;
  }

  /** A slot for a delivery whose handler is called. */
  take(delivery: TrackedDelivery): Slot {
    const slot = this.idle ?? this.make();
    this.idle = slot.nextIdle;
    slot.delivery = delivery;
    return slot;
  }

  /** The slot's handler has not answered at once: from now on its time runs. */
  begin(slot: Slot): void {
    slot.startedAtSweep = this.sweep;
    if (--this.carefree < 0) this.takeCare(slot);
  }

  /** The slot's handler has answered. */
  free(slot: Slot): void {
    if (slot.sampledAtMs !== undefined) this.sample(slot, slot.sampledAtMs);
    slot.delivery = undefined;
    slot.nextIdle = this.idle;
    this.idle = slot;
  }

  /** The slot's handler may run on, but nobody waits for it. */
  discard(slot: Slot): void {
    this.slots.delete(slot);
  }

  /** No time-out is looked for any more. */
  end(): void {
    this.cancelSweep?.();
  }

  private make(): Slot {
    const slot = new Slot(this.options.owner);
    this.slots.add(slot);
    return slot;
  }

  private takeCare(slot: Slot): void {
    const { clock, timeoutMs } = this.options;
    this.carefree = sampleEvery;
    slot.sampledAtMs = clock.nowMs();
    if (this.cancelSweep === undefined && timeoutMs !== undefined) this.sweepLater(timeoutMs);
  }

  private sample(slot: Slot, sampledAtMs: number): void {
    this.time.took(this.options.clock.nowMs() - sampledAtMs);
    slot.sampledAtMs = undefined;
  }

  private sweepLater(timeoutMs: number): void {
    this.cancelSweep = this.options.clock.schedule(timeoutMs / sweepsPerTimeout, () => {
      this.cancelSweep = undefined;
      this.carefree = 0;
      this.sweep++;
      for (const slot of [...this.slots]) {
        const { delivery, startedAtSweep } = slot;
        if (delivery !== undefined && this.sweep - startedAtSweep > sweepsPerTimeout)
          this.options.owner.timedOut(slot, delivery, timeoutMs);
      }
      // A message that started in place of one that timed out has set the timer already.
      if (this.cancelSweep === undefined && this.deliveries.length > 0) this.sweepLater(timeoutMs);
    });
  }
}
