import { sharedController } from "./shared-controller.ts";
import type { Activity } from "./home.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";

/** The stage that a slot works for. */
export interface SlotOwner {
  resolved(slot: Slot, delivery: TrackedDelivery, value: unknown): void;
  rejected(slot: Slot, delivery: TrackedDelivery, error: unknown): void;
  /** The slot was cut off from its delivery and is not to be used again. */
  discarded(slot: Slot): void;
  /** The handler's time is up. */
  timedOut(slot: Slot, delivery: TrackedDelivery, timeoutMs: number): void;
}

/**
 * One running handler. Slots are used again and again, with callbacks bound once and an abort controller that outlives its message, so that a
 * message which neither fails nor times out allocates neither.
 */
export class Slot implements Activity {
  /** The delivery whose handler is running; undefined while none is. */
  delivery: TrackedDelivery | undefined = undefined;
  /** The next of those that run nothing, for one of them; undefined for the last. */
  nextIdle: Slot | undefined = undefined;
  /** When its handler started, if this one is a sample of how long handlers take. */
  sampledAtMs: number | undefined = undefined;
  /** The owner's sweep during which its handler started, for time-outs. */
  startedAtSweep = 0;
  readonly onResolved: (value: unknown) => void;
  readonly onRejected: (error: unknown) => void;
  private readonly owner: SlotOwner;
  private controller: AbortController | undefined = undefined;

  constructor(owner: SlotOwner) {
    this.owner = owner;
    this.onResolved = (value) => {
      if (this.delivery !== undefined) owner.resolved(this, this.delivery, value);
    };
    this.onRejected = (error) => {
      if (this.delivery !== undefined) owner.rejected(this, this.delivery, error);
    };
  }

  signalOf(): AbortSignal {
    this.controller ??= sharedController();
    return this.controller.signal;
  }

  end(): void {
    // A handler that runs cannot start another.
  }

  /** Cuts the slot off from its delivery and tells the handler; whatever the handler still answers is ignored. */
  stop(reason: Error): void {
    const { delivery } = this;
    if (delivery !== undefined) delivery.activity = undefined;
    this.delivery = undefined;
    this.owner.discarded(this);
    this.controller?.abort(reason);
  }
}
