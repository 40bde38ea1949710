import type { Message } from "@spillway/spec";
import { expect, test } from "vitest";
import { virtualClock, type VirtualClock } from "../testing/virtual-clock.ts";
import { HandlerSlots } from "./handler-slots.ts";
import type { Home } from "./home.ts";
import { TrackedDelivery } from "./tracked-delivery.ts";

function delivery(sequence: number): TrackedDelivery {
  const message: Message<unknown> = { id: String(sequence), key: undefined, value: sequence, headers: [], timestampMs: 0 };
  return new TrackedDelivery(message, { ordering: "none" } as Home, sequence, undefined, false);
}

function slotsOf(clock: VirtualClock): { readonly slots: HandlerSlots; readonly late: number[] } {
  const late: number[] = [];
  const slots: HandlerSlots = new HandlerSlots({
    clock,
    timeoutMs: 800,
    owner: {
      resolved: () => {},
      rejected: () => {},
      discarded: (slot) => slots.discard(slot),
      timedOut(slot, { sequence }) {
        late.push(sequence, clock.nowMs());
        slot.stop(new Error("too late"));
      },
    },
  });
  return { slots, late };
}

test("a slot is used again, and has the delivery that it runs", () => {
  const { slots } = slotsOf(virtualClock({ seed: 1 }));
  const first = slots.take(delivery(1));
  expect(slots.deliveries.map(({ sequence }) => sequence)).toEqual([1]);
  slots.free(first);
  expect(slots.deliveries).toEqual([]);
  expect(slots.take(delivery(2))).toBe(first);
  expect(slots.take(delivery(3))).not.toBe(first);
  expect(slots.deliveries.map(({ sequence }) => sequence)).toEqual([2, 3]);
});

test("all slots that are free are used before one is made", () => {
  const { slots } = slotsOf(virtualClock({ seed: 1 }));
  const made = [1, 2, 3].map((sequence) => slots.take(delivery(sequence)));
  for (const slot of made) slots.free(slot);
  const again = [4, 5, 6].map((sequence) => slots.take(delivery(sequence)));
  expect(new Set(again)).toEqual(new Set(made));
  expect(made).not.toContain(slots.take(delivery(7)));
});

test("a handler that was not chosen is not timed, also where its slot was", async () => {
  const clock = virtualClock({ seed: 1 });
  const { slots } = slotsOf(clock);
  // The first of all is chosen.
  for (const tookMs of [40, 20]) {
    const slot = slots.take(delivery(1));
    slots.begin(slot);
    await clock.advance(tookMs);
    slots.free(slot);
  }
  expect(slots.typicalMs).toBe(40);
});

test("a handler's time is up once, at most an eighth too late; its slot is not used again", async () => {
  const clock = virtualClock({ seed: 1 });
  const { slots, late } = slotsOf(clock);
  const startedMs = clock.nowMs();
  const slot = slots.take(delivery(1));
  slots.begin(slot);
  await clock.advance(10_000);
  expect(late).toEqual([1, startedMs + 900]);
  expect(slots.deliveries).toEqual([]);
  expect(slots.take(delivery(2))).not.toBe(slot);
});
