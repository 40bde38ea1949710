import { expect, it } from "vitest";
import { skewedClock, virtualClock } from "../testing/virtual-clock.ts";
import { deadline } from "./deadline.ts";

it("counts from when the last successful write was sent, however late its answer came", async () => {
  const clock = virtualClock({ startMs: 0 });
  const passed: number[] = [];
  const expiry = deadline(clock, 100, () => passed.push(clock.nowMs()));
  expiry.begin().confirm();
  await clock.advance(50);
  const renewal = expiry.begin();
  await clock.advance(40);
  renewal.confirm();
  expect(clock.pending).toBe(1);
  await clock.advance(200);
  expect(passed).toEqual([150]);
});

it("stays where it was when a write failed", async () => {
  const clock = virtualClock({ startMs: 0 });
  const passed: number[] = [];
  const expiry = deadline(clock, 100, () => passed.push(clock.nowMs()));
  expiry.begin().confirm();
  await clock.advance(50);
  expiry.begin().drop();
  await clock.advance(200);
  expect(passed).toEqual([100]);
});

it("passes at once when a write is confirmed after its own time is over", async () => {
  const clock = virtualClock({ startMs: 0 });
  const passed: number[] = [];
  const expiry = deadline(clock, 100, () => passed.push(clock.nowMs()));
  const slow = expiry.begin();
  await clock.advance(120);
  slow.confirm();
  expect(passed).toEqual([120]);
  expect(clock.pending).toBe(0);
});

it("passes on time when the wall clock was set back", async () => {
  const clock = virtualClock({ startMs: 0 });
  const wall = skewedClock(clock, { offsetMs: 0, rate: 1 });
  const passed: number[] = [];
  deadline(wall, 100, () => passed.push(clock.nowMs()))
    .begin()
    .confirm();
  wall.jump(-3_600_000);
  await clock.advance(200);
  expect(passed).toEqual([100]);
});

it("is known to have passed when the machine slept, before its timer fires", async () => {
  const clock = virtualClock({ startMs: 0 });
  const wall = skewedClock(clock, { offsetMs: 0, rate: 1 });
  let passed = 0;
  const expiry = deadline(wall, 100, () => passed++);
  expiry.begin().confirm();
  expect(expiry.isPassed()).toBe(false);
  wall.jump(100);
  expect(expiry.isPassed()).toBe(true);
  await clock.advance(200);
  expect(passed).toBe(1);
});

it("counts by the wall clock, too, from when the write was sent", async () => {
  const clock = virtualClock({ startMs: 0 });
  const wall = skewedClock(clock, { offsetMs: 0, rate: 1 });
  const expiry = deadline(wall, 100, () => undefined);
  const write = expiry.begin();
  await clock.advance(50);
  write.confirm();
  wall.jump(50);
  expect(expiry.isPassed()).toBe(true);
});

it("does not pass after it was stopped, and leaves no timer", async () => {
  const clock = virtualClock();
  let passed = 0;
  const expiry = deadline(clock, 100, () => passed++);
  expiry.begin().confirm();
  const late = expiry.begin();
  expiry.stop();
  late.confirm();
  expect(clock.pending).toBe(0);
  await clock.advance(200);
  expect(passed).toBe(0);
});
