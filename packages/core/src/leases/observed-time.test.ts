import { expect, it } from "vitest";
import { skewedClock, virtualClock } from "../testing/virtual-clock.ts";
import { observedTime } from "./observed-time.ts";

it("counts what went by, as long as a timer waited for it", async () => {
  const clock = virtualClock();
  const time = observedTime(clock, 10);
  await clock.advance(105);
  time.count(100);
  expect(time.nowMs()).toBe(105);
});

it("counts no more than the timer waited when the wall clock is set forward or the machine slept", async () => {
  const clock = virtualClock();
  const wall = skewedClock(clock, { offsetMs: 0, rate: 1 });
  const time = observedTime(wall, 10);
  await clock.advance(100);
  wall.jump(3_600_000);
  time.count(100);
  expect(time.nowMs()).toBe(110);
});

it("never runs backwards", async () => {
  const clock = virtualClock();
  const wall = skewedClock(clock, { offsetMs: 0, rate: 1 });
  const time = observedTime(wall, 10);
  await clock.advance(100);
  time.count(100);
  wall.jump(-3_600_000);
  await clock.advance(100);
  time.count(100);
  expect(time.nowMs()).toBe(100);
  await clock.advance(100);
  time.count(100);
  expect(time.nowMs()).toBe(200);
});
