import type { TrackedDelivery } from "./tracked-delivery.ts";

/** Whether two deliveries are in one lane, so that the later one cannot go on before the earlier. */
export function inOneLane(one: TrackedDelivery, other: TrackedDelivery): boolean {
  const lane = laneKey(one);
  return lane !== undefined && one.feed.laneScope === other.feed.laneScope && lane === laneKey(other);
}

/** The lane of a delivery within its feed; undefined when it is a lane of its own. */
export function laneKey(delivery: TrackedDelivery): string | undefined {
  const { ordering } = delivery.feed;
  if (ordering === "none") return undefined;
  return ordering === "partition" ? "" : delivery.message.key;
}
