import { memoryLog, memorySource } from "@spillway/memory";
import type { FencingToken } from "@spillway/spec";
import { expect, test } from "vitest";
import { checkpoint, consumeAll, deadLetter, decode, handle, text } from "./index.ts";
import { world } from "./testing/world.ts";

test("a lower priority is taken while the higher ones are empty, with a share kept against starvation, each with its own checkpoint", async () => {
  const w = world();
  const bulk = memoryLog({ name: "bulk", clock: w.clock });
  const seen: string[] = [];
  const running = w.start(
    consumeAll([{ source: memorySource({ log: bulk, consumer: "test", stores: w.stores }) }, { source: w.source(), priority: 1 }], {
      ordering: "none",
      lowerShare: 0.1,
    }).pipe(
      decode(text()),
      handle(
        async (value) => {
          seen.push(value);
          await new Promise<void>((resolve) => void w.clock.schedule(10, resolve));
        },
        { concurrency: 1 },
      ),
      deadLetter(w.deadLetters),
      checkpoint({ everyMs: 100 }),
    ),
  );
  const lower = bulk.append(Array.from({ length: 100 }, (_, index) => ({ value: Buffer.from(`low${index}`) })));
  const high = w.log.append(Array.from({ length: 100 }, (_, index) => ({ value: Buffer.from(`high${index}`) })));
  await w.clock.advance(1_000);
  const low = seen.filter((value) => value.startsWith("low")).length;
  expect(low).toBeGreaterThanOrEqual(7);
  expect(low).toBeLessThanOrEqual(15);
  await w.clock.advance(5_000);
  expect(await running.stop()).toMatchObject({ delivered: 200, succeeded: 200 });
  for (const [scope, last] of [
    ["test/orders", high.at(-1)],
    ["test/bulk", lower.at(-1)],
  ] as const) {
    if (last === undefined) throw new Error("nothing was appended");
    const key = { scope, partition: last.partition };
    const saved = await w.stores.checkpoints.load(key, 1_000 as FencingToken, { signal: new AbortController().signal });
    expect(saved).toMatchObject({ state: "reading", from: { at: "after", position: last.position }, done: [] });
  }
});

test("a higher priority that is at its maxInFlight lets the lower through", async () => {
  const w = world();
  const bulk = memoryLog({ name: "bulk", clock: w.clock });
  const seen: string[] = [];
  const urgent = memorySource({ log: w.log, consumer: "test", stores: w.stores, maxBatchSize: 1 });
  const pipeline = consumeAll(
    [{ source: memorySource({ log: bulk, consumer: "test", stores: w.stores }) }, { source: urgent, priority: 1, maxInFlight: 2 }],
    { ordering: "none" },
  ).pipe(
    decode(text()),
    handle(
      (value) => {
        seen.push(value);
        return value.startsWith("high") ? new Promise<void>(() => {}) : undefined;
      },
      { concurrency: 64 },
    ),
    deadLetter(w.deadLetters),
    checkpoint(),
  );
  w.append(...Array.from({ length: 50 }, (_, index) => `high${index}`));
  bulk.append(Array.from({ length: 50 }, (_, index) => ({ value: Buffer.from(`low${index}`) })));
  const running = w.start(pipeline, { drainTimeoutMs: 100 });
  await w.clock.advance(2_000);
  expect(seen.filter((value) => value.startsWith("high"))).toEqual(["high0", "high1"]);
  expect(seen.filter((value) => value.startsWith("low"))).toHaveLength(50);
  expect(await running.stop()).toMatchObject({ succeeded: 50 });
});

test("the same source object twice is refused where it is written", () => {
  const source = world().source();
  expect(() => consumeAll([{ source }, { source, priority: 1 }], { ordering: "none" })).toThrow(
    expect.objectContaining({ code: "SPILLWAY_INVALID_OPTIONS", message: expect.stringContaining("the same source object twice") }),
  );
});
