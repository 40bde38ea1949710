import type { Activity } from "./home.ts";
import type { Slot } from "./slot.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";

/** A stage's function is being called with a delivery, and has not asked for anything that it needs a slot for. One stands for all calls of a stage. */
export class Call implements Activity {
  private readonly slotFor: (delivery: TrackedDelivery) => Slot;

  constructor(slotFor: (delivery: TrackedDelivery) => Slot) {
    this.slotFor = slotFor;
  }

  signalOf(delivery: TrackedDelivery): AbortSignal {
    const slot = this.slotFor(delivery);
    delivery.activity = slot;
    return slot.signalOf();
  }

  end(): void {
    // A function that is being called cannot start another.
  }

  stop(): void {
    // Nor can it be told before it returns.
  }
}
