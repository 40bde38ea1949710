import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { callPace } from "./call-pace.ts";
import { systemClock } from "./clock.ts";

const { signal } = new AbortController();

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

test("calls are evenly spread, also those that ask at once, and the first one goes at once", async () => {
  const pace = callPace(4, systemClock);
  const turnsMs: number[] = [];
  const turns = [1, 2, 3].map(async () => {
    await pace.turn(signal);
    turnsMs.push(Date.now() - 1_000_000);
  });
  await vi.runAllTimersAsync();
  await Promise.all(turns);
  expect(turnsMs).toEqual([0, 250, 500]);
});

test("a clock that was set back holds a call for one gap at most", async () => {
  const pace = callPace(4, systemClock);
  await pace.turn(signal);
  vi.setSystemTime(0);
  const turn = pace.turn(signal);
  await vi.advanceTimersByTimeAsync(250);
  await turn;
  expect(Date.now()).toBe(250);
});
