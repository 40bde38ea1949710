import { expect, test } from "vitest";
import type { Home } from "./home.ts";
import { Ring } from "./ring.ts";
import { ScopedLanes, type BusyLane } from "./scoped-lanes.ts";
import { TrackedDelivery } from "./tracked-delivery.ts";

/** The delivery of a message with this key, in a scope of its own or in the given one. */
function delivery(key: string | undefined, laneScope: object, sequence = 0): TrackedDelivery {
  const message = { id: `${key}-${sequence}`, key, value: null, headers: [], timestampMs: 0 };
  return new TrackedDelivery(message, { ordering: "key", laneScope } as Home, sequence, undefined, false);
}

function busy(): BusyLane {
  return { waiting: new Ring<TrackedDelivery>(4) };
}

test("a lane is busy for its own scope and key only", () => {
  const lanes = new ScopedLanes<BusyLane>();
  const [scope, other] = [{}, {}];
  const lane = busy();
  lanes.add(delivery("a", scope), "a", lane);
  expect(lanes.of(delivery("a", scope))).toBe(lane);
  expect(lanes.of(delivery("b", scope))).toBeUndefined();
  expect(lanes.of(delivery("a", other))).toBeUndefined();
  expect(lanes.of(delivery(undefined, scope))).toBeUndefined();
});

test("the next of a lane is the oldest that has not ended, and a lane without one is busy no longer", () => {
  const lanes = new ScopedLanes<BusyLane>();
  const scope = {};
  const [first, ended, last] = [1, 2, 3].map((sequence) => delivery("a", scope, sequence)) as [
    TrackedDelivery,
    TrackedDelivery,
    TrackedDelivery,
  ];
  const lane = busy();
  lanes.add(first, "a", lane);
  lane.waiting.push(ended);
  lane.waiting.push(last);
  ended.settle();
  expect(lanes.next(lane, first)).toBe(last);
  expect(lanes.of(last)).toBe(lane);
  expect(lanes.next(lane, last)).toBeUndefined();
  expect(lanes.of(last)).toBeUndefined();
});
