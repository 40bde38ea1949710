import { expect, test } from "vitest";
import { checkpoint, consume, decode, haltOnFailure, handle, handleBatch, text } from "./index.ts";
import { world } from "./testing/world.ts";

test("a report says how long the run took, and a stop how long what runs takes as a rule", async () => {
  const w = world();
  const startedMs = w.clock.nowMs();
  const pipeline = consume(w.source(), { ordering: "none" }).pipe(
    decode(text()),
    handle(() => new Promise<void>((resolve) => void w.clock.schedule(40, resolve)), { concurrency: 300 }),
    haltOnFailure(),
    checkpoint(),
  );
  const running = w.start(pipeline);
  w.append(...Array.from({ length: 300 }, (_, index) => String(index)));
  await w.clock.advance(5_000);
  w.append("under way");
  await w.clock.settle();
  const report = await running.stop();
  expect(w.events.find(({ type }) => type === "draining")).toMatchObject({ running: 1, expectedMs: 40 });
  expect(report.elapsedMs).toBeGreaterThanOrEqual(5_000);
  expect(report.elapsedMs).toBe(w.clock.nowMs() - startedMs);
});

test("a stop tells of batches as of handlers: how many messages are in them, how long they take, and which will not make it", async () => {
  const w = world();
  const pipeline = consume(w.source(), { ordering: "none" }).pipe(
    decode(text()),
    handle((value) => value),
    handleBatch<string>(() => new Promise<void>((resolve) => void w.clock.schedule(5_000, resolve)), { maxMessages: 2, lingerMs: 0 }),
    haltOnFailure(),
    checkpoint(),
  );
  const running = w.start(pipeline, { drainTimeoutMs: 2_000 });
  w.append("a", "b");
  await w.clock.advance(6_000);
  w.append("k=c", "k=d");
  await w.clock.settle();
  const report = await running.stop();
  expect(w.events.find(({ type }) => type === "draining")).toMatchObject({
    running: 2,
    expectedMs: 5_000,
    late: [{ key: "k" }, { key: "k" }],
  });
  expect(report).toMatchObject({ succeeded: 2, aborted: 2 });
});
