import type { Acceptor, Admission } from "./stage.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";

/** Lets a delivery go on to the next stage, and gives back what it had at the one that it leaves. */
export function leave(delivery: TrackedDelivery, left: Admission, next: Acceptor): void {
  // The next stage first, then the lane: so the next stage sees the lane's messages in their order.
  const { hasUnit, ownsLane } = delivery;
  delivery.leaveHolder();
  next.accept(delivery);
  left.release(delivery, hasUnit, ownsLane);
}
