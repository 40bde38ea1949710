import type { Message } from "@spillway/spec";
import type { Feed } from "./feed.ts";
import { laneKey } from "./lane-key.ts";
import type { RetryWheel } from "./retry-wheel.ts";
import { TrackedDelivery } from "./tracked-delivery.ts";
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
  feed.window.forEach((place, state, sequence) => {
    if (state === PlaceState.parked) {
      const lane = feed.ordering === "partition" ? "" : (place as Message<unknown>).key;
      if (feed.ordering !== "none" && lane !== undefined && lanes.has(lane)) found.push(...wheel.takeAll(feed, sequence));
      return;
    }
    if (state !== PlaceState.started || !(place instanceof TrackedDelivery) || place.settled) return;
    const lane = laneKey(place);
    const behind = lane !== undefined && lanes.has(lane) && (place.mark === undefined || place.waits);
    if (!behind && !isAborted(place)) return;
    if (lane !== undefined) lanes.add(lane);
    found.push(place);
  });
  return found;
}
