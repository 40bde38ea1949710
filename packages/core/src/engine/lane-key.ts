import type { TrackedDelivery } from "./tracked-delivery.ts";

/** The lane of a delivery within its feed; undefined when it is a lane of its own. */
export function laneKey(delivery: TrackedDelivery): string | undefined {
  const { ordering } = delivery.feed;
  if (ordering === "none") return undefined;
  return ordering === "partition" ? "" : delivery.message.key;
}
