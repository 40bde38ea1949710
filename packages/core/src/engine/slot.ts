import { sharedController } from "./shared-controller.ts";
import type { Activity, Home } from "./home.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";

/** The stage that a slot works for. */
export interface SlotOwner {
  resolved(slot: Slot, delivery: TrackedDelivery, value: unknown): void;
  rejected(slot: Slot, delivery: TrackedDelivery, error: unknown): void;
  /** The slot was cut off from its delivery and is not to be used again. */
  discarded(slot: Slot): void;
}

/**
 * One running handler. Slots are used again and again, with callbacks bound once and an abort controller that outlives its message, so that a
 * message which neither fails nor times out allocates neither.
 */
export class Slot implements Activity {
  /** Where the delivery is held whose handler is running; undefined while none is. A reference to it would cost the collector more than looking it up. */
  private home: Home | undefined = undefined;
  private sequence = 0;
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
      if (this.home !== undefined) owner.resolved(this, this.home.held(this.sequence), value);
    };
    this.onRejected = (error) => {
      if (this.home !== undefined) owner.rejected(this, this.home.held(this.sequence), error);
    };
  }

  /** The delivery whose handler is running; undefined while none is. */
  get delivery(): TrackedDelivery | undefined {
    return this.home?.held(this.sequence);
  }

  /** It runs a handler for this delivery, which its home holds by the time the handler answers. */
  take({ feed, sequence }: TrackedDelivery): void {
    this.home = feed;
    this.sequence = sequence;
  }

  /** It runs nothing any more. */
  leave(): void {
    this.home = undefined;
  }

  get signal(): AbortSignal {
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
    this.leave();
    this.owner.discarded(this);
    this.controller?.abort(reason);
  }
}
