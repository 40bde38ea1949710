// What was wrong: when the last message of a careful start ended, the next retry had just taken the turn; the guard was then dropped with the turn in its hand, and no
// other partition of the process that started carefully ever got it.
// The same when passing the turn on woke a partition, and that started another message of the one that was over: the old guard was asked, and took the turn again.
// Found by the simulator (liveness; seeds 637 and 11474). Mended so: who is over leaves the turn, and is no guard any more when it does.
import { expect, test } from "vitest";
import { CarefulStart } from "../engine/careful-start.ts";
import { CarefulTurn } from "../engine/careful-turn.ts";
import type { TrackedDelivery } from "../engine/tracked-delivery.ts";

/** As much of a delivery as a careful start looks at. */
function delivery(position: string): TrackedDelivery {
  return { message: { position }, feed: { ordering: "none" }, settled: false } as unknown as TrackedDelivery;
}

/** A careful start that is over with the first message that ends. */
function startOver(turn: CarefulTurn, over: () => void): CarefulStart {
  return new CarefulStart({
    crashed: undefined,
    crashLimit: 3,
    remembers: () => true,
    messages: 1,
    save: async () => true,
    nowMs: () => 0,
    turn,
    wake: () => undefined,
    over,
  });
}

test("a careful start that is over leaves the turn, also when a retry waits for it", async () => {
  const turn = new CarefulTurn();
  let over = false;
  const started: string[] = [];
  const careful = startOver(turn, () => (over = true));
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

test("a careful start that is over does not take the turn again for what is started when it passes it on", async () => {
  const turn = new CarefulTurn();
  let guards = true;
  const careful = startOver(turn, () => (guards = false));
  const [first, second, third] = [delivery("1"), delivery("2"), delivery("3")];
  careful.begin(first, () => undefined);
  careful.paused(first);
  careful.begin(second, () => undefined);
  turn.isFree({}, () => {
    if (guards && careful.mayStart(third.message, { started: 2, isAnyAttempted: () => true })) careful.begin(third, () => undefined);
  });
  careful.ended(first);
  await Promise.resolve();
  expect(turn.isFree({}, () => undefined)).toBe(true);
});
