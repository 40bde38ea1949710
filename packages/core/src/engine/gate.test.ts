import { memorySource } from "@spillway/memory";
import type { Clock } from "@spillway/spec";
import { expect, test } from "vitest";
import { checkpoint, consume, haltOnFailure, handle, run } from "../index.ts";
import { world } from "../testing/world.ts";

test.each([
  ["return at once", () => undefined],
  ["resolve at once", async () => undefined],
])(
  "handlers that %s let the event loop have its turn, so that renewals, timers and signals are not starved by them",
  async (_name, answer) => {
    const w = world();
    const handlerMs = 0.1;
    let spentMs = 0;
    let turnAtMs = 0;
    let longestMs = 0;
    const clock: Clock = {
      ...w.clock,
      nowMs: () => w.clock.nowMs() + spentMs,
      defer: (task) =>
        w.clock.defer(() => {
          turnAtMs = spentMs;
          task();
        }),
    };
    const source = memorySource({ log: w.log, consumer: "test", stores: w.stores, maxBatchSize: 5_000 });
    const pipeline = consume(source, { ordering: "none", maxInFlight: 10_000 }).pipe(
      handle(() => {
        spentMs += handlerMs;
        longestMs = Math.max(longestMs, spentMs - turnAtMs);
        return answer();
      }),
      haltOnFailure(),
      checkpoint(),
    );
    const stop = new AbortController();
    let ended = false;
    const report = run(pipeline, { clock, signal: stop.signal }).finally(() => (ended = true));
    w.append(...Array.from({ length: 5_000 }, (_, index) => String(index)));
    await w.clock.advance(1_000);
    stop.abort();
    await w.clock.runUntil(() => ended);
    expect(await report).toMatchObject({ succeeded: 5_000 });
    // A slice of 5 ms, looked at after each 64 messages.
    expect(longestMs).toBeGreaterThan(5);
    expect(longestMs).toBeLessThanOrEqual(5 + 64 * handlerMs + 0.01);
  },
);
