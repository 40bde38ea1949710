import type { Message } from "@spillway/spec";
import type { Feed } from "./feed.ts";
import { laneKey } from "./lane-key.ts";
import { deliveryIn } from "./places.ts";
import type { RetryWheel } from "./retry-wheel.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";
import { PlaceState } from "./window.ts";

/**
 * Deliveries under way that are to be aborted, and what is behind them in their lanes: it would go on before them, and they are delivered again after it.
 * What has failed for good, or is settled but for a confirmation, starts no attempt any more and stays.
 */
export function withThoseBehind(
  feed: Feed,
  wheel: RetryWheel,
  isAborted: (delivery: TrackedDelivery) => boolean,
): readonly TrackedDelivery[] {
  const lanes = new Set<string>();
  const found: TrackedDelivery[] = [];
  feed.wholeWindow.forEach((place, state, sequence) => {
    if (state === PlaceState.parked) {
      const lane = feed.ordering === "partition" ? "" : (place as Message<unknown>).key;
      if (feed.ordering !== "none" && lane !== undefined && lanes.has(lane)) found.push(...wheel.takeAll(feed, sequence));
      return;
    }
    const delivery = state === PlaceState.started ? deliveryIn(place) : undefined;
    if (delivery === undefined || delivery.settled) return;
    const lane = laneKey(delivery);
    const behind = lane !== undefined && lanes.has(lane) && (delivery.mark === undefined || delivery.waits);
    if (!behind && !isAborted(delivery)) return;
    if (lane !== undefined) lanes.add(lane);
    found.push(delivery);
  });
  return found;
}
