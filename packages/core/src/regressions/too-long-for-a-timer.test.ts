// What was wrong: Node runs a timer beyond 2^31 - 1 ms after 1 ms. So handle(fn, { timeoutMs: Number.MAX_SAFE_INTEGER }), a usual way to say "for ever", fails every
// handler after some 9 ms, drainTimeoutMs likewise abandons at once, and a retry delay beyond 24.8 days spins the wheel each millisecond.
// Mended so: refuse such durations (a maxAgeMs, which is no timer, may be longer), and let the wheel wake up in between.
import { expect, test } from "vitest";
import { breaker, checkpoint, constant, consume, deadLetter, handle, handleBatch, retry, run } from "../index.ts";
import type { Failure } from "../engine/mark.ts";
import { RetryWheel } from "../engine/retry-wheel.ts";
import type { TrackedDelivery } from "../engine/tracked-delivery.ts";
import { virtualClock } from "../testing/virtual-clock.ts";
import { world } from "../testing/world.ts";

const tooLong = 2 ** 31;

test.each([
  ["handle", () => handle(() => undefined, { timeoutMs: tooLong })],
  ["handleBatch", () => handleBatch(() => undefined, { timeoutMs: Number.MAX_SAFE_INTEGER })],
  ["breaker", () => breaker({ name: "x", openMs: tooLong })],
  ["checkpoint", () => checkpoint({ everyMs: tooLong })],
])("%s refuses a duration that no timer can keep", (_name, make) => {
  expect(make).toThrow(expect.objectContaining({ code: "SPILLWAY_INVALID_OPTIONS" }));
});

test("run refuses a drain time-out that no timer can keep", async () => {
  const w = world();
  const pipeline = consume(w.source(), { ordering: "none" }).pipe(deadLetter(w.deadLetters), checkpoint());
  const aborted = AbortSignal.abort();
  const outcome = run(pipeline, { drainTimeoutMs: tooLong, signal: aborted, clock: w.clock }).catch((error: unknown) => error);
  await w.clock.advance(60_000);
  expect(await outcome).toMatchObject({ code: "SPILLWAY_INVALID_OPTIONS" });
});

test("a message may be older than any timer", () => {
  expect(() => retry({ attempts: 2, backoff: constant(10), maxAgeMs: tooLong })).not.toThrow();
});

test("the wheel asks for no timer that is too long", () => {
  const clock = virtualClock();
  const asked: number[] = [];
  const wheel = new RetryWheel(
    { ...clock, nowMs: clock.nowMs, schedule: (delayMs, task) => (asked.push(delayMs), clock.schedule(delayMs, task)) },
    () => {},
  );
  wheel.add({ feed: {} } as TrackedDelivery, { delayMs: 2 ** 33 } as Failure);
  expect(Math.max(...asked)).toBeLessThan(tooLong);
});
