// What was wrong: when the last message of a careful start ended, the next retry had just taken the turn; the guard was then dropped with the turn in its hand, and no
// other partition of the process that started carefully ever got it.
// Found by the simulator (liveness; seed 637). Mended so: who is over leaves the turn.
import { expect, test } from "vitest";
import { CarefulStart } from "../engine/careful-start.ts";
import { CarefulTurn } from "../engine/careful-turn.ts";
import type { TrackedDelivery } from "../engine/tracked-delivery.ts";

/** As much of a delivery as a careful start looks at. */
function delivery(position: string): TrackedDelivery {
  return { message: { position }, feed: { ordering: "none" }, settled: false } as unknown as TrackedDelivery;
}

test("a careful start that is over leaves the turn, also when a retry waits for it", async () => {
  const turn = new CarefulTurn();
  let over = false;
  const started: string[] = [];
  const careful = new CarefulStart({
    crashed: undefined,
    crashLimit: 3,
    messages: 1,
    save: async () => true,
    nowMs: () => 0,
    turn,
    wake: () => undefined,
    over: () => (over = true),
  });
  const [first, second] = [delivery("1"), delivery("2")];
  careful.begin(first, () => started.push("first"));
  careful.retry(second, () => started.push("second"));
  careful.ended(first);
  await Promise.resolve();
  await Promise.resolve();
  expect(over).toBe(true);
  expect(turn.isFree({}, () => undefined)).toBe(true);
  expect(started).toContain("second");
});
