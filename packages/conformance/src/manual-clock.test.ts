import { expect, test } from "vitest";
import { manualClock } from "./manual-clock.ts";

test("a manual clock runs what is due, each at its own time and in order", async () => {
  const clock = manualClock(1_000);
  const ran: (readonly [string, number])[] = [];
  clock.schedule(30, () => ran.push(["later", clock.nowMs()]));
  clock.schedule(10, () => {
    ran.push(["first", clock.nowMs()]);
    clock.schedule(10, () => ran.push(["set off by the first", clock.nowMs()]));
  });
  clock.schedule(41, () => ran.push(["too late", clock.nowMs()]));
  await clock.advance(40);
  expect(ran).toEqual([
    ["first", 1_010],
    ["set off by the first", 1_020],
    ["later", 1_030],
  ]);
  expect(clock.nowMs()).toBe(1_040);
});

test("a cancelled task does not run, and cancelling it again does nothing", async () => {
  const clock = manualClock();
  let ran = false;
  const cancel = clock.schedule(10, () => {
    ran = true;
  });
  cancel();
  cancel();
  await clock.advance(20);
  expect(ran).toBe(false);
});

test("advance resolves when what it set off has settled", async () => {
  const clock = manualClock();
  let settled = false;
  void new Promise<void>((resolve) => clock.schedule(10, resolve))
    .then(() => undefined)
    .then(() => {
      settled = true;
    });
  await clock.advance(10);
  expect(settled).toBe(true);
});

test("two manual clocks give the same numbers from 0 up to 1", () => {
  const [one, other] = [manualClock(), manualClock()];
  const numbers = Array.from({ length: 100 }, () => one.random());
  expect(numbers).toEqual(Array.from({ length: 100 }, () => other.random()));
  expect(new Set(numbers).size).toBeGreaterThan(90);
  expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
});
