// What was wrong: timers outlive the run and keep the process alive: the retry wheel's (as long as the longest backoff), the retry budget's, those of refused dead
// letters and acknowledgements; and a pipeline that is subscribed by hand never ends its Run at all: its watchdog wakes up for ever, its breakers keep listening.
// Mended so: end them with the run; end the run of a hand-made subscription when its intakes have ended.
import { expect, test, vi } from "vitest";
import { checkpoint, constant, consume, deadLetter, decode, handle, retry, retryBudget, text } from "../index.ts";
import { world } from "../testing/world.ts";

test.each(["wheel", "budget"] as const)("no timer of a retry (%s) is left when a run has ended", async (what) => {
  const w = world();
  const running = w.start(
    consume(w.source(), { ordering: "none" }).pipe(
      decode(text()),
      handle(() => {
        throw new Error("no");
      }),
      retry({
        attempts: 5,
        backoff: constant(what === "wheel" ? 3_600_000 : 10),
        ...(what === "budget" ? { budget: retryBudget({ share: 0, floorPerSecond: 0.001, maxSaved: 1 }) } : {}),
      }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  w.append("a", "b", "c");
  await w.clock.advance(1_000);
  await running.stop();
  expect(w.clock.pending).toBe(0);
});

test("no timer of a refused dead letter is left when a run has ended", async () => {
  const w = world();
  const running = w.start(
    consume(w.source(), { ordering: "none" }).pipe(
      decode(text()),
      handle(() => {
        throw Object.assign(new Error("no"), { failureClass: "permanent" });
      }),
      deadLetter({ name: "down", traits: { maxBatchSize: 10, order: "none" }, write: async () => Promise.reject(new Error("down")) }),
      checkpoint(),
    ),
    { drainTimeoutMs: 10 },
  );
  w.append("a");
  await w.clock.advance(60_000);
  await running.stop();
  expect(w.clock.pending).toBe(0);
});

test("no timer is left when a pipeline that was subscribed by hand is unsubscribed", async () => {
  vi.useFakeTimers();
  try {
    const w = world();
    const subscription = consume(w.source(), { ordering: "none" })
      .pipe(
        decode(text()),
        handle(() => undefined),
        deadLetter(w.deadLetters),
        checkpoint(),
      )
      .subscribe();
    await vi.advanceTimersByTimeAsync(1_000);
    subscription.unsubscribe();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});
