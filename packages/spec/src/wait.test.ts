import { getEventListeners } from "node:events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { systemClock } from "./clock.ts";
import { wait } from "./wait.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("a wait ends when its time is over, not before, and lets go of the signal", async () => {
  const { signal } = new AbortController();
  let over = false;
  const waiting = wait(systemClock, 1_000, signal).then(() => (over = true));
  await vi.advanceTimersByTimeAsync(999);
  expect(over).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await waiting;
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});

test("an abort ends a wait with its reason, and leaves no timer behind", async () => {
  const controller = new AbortController();
  const waiting = wait(systemClock, 1_000, controller.signal);
  controller.abort(new Error("stopped"));
  await expect(waiting).rejects.toThrow("stopped");
  expect(vi.getTimerCount()).toBe(0);
});

test("a signal that has aborted lets nothing wait", async () => {
  await expect(wait(systemClock, 1_000, AbortSignal.abort(new Error("stopped")))).rejects.toThrow("stopped");
  expect(vi.getTimerCount()).toBe(0);
});
