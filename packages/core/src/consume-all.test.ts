import { memoryLog, memorySource } from "@spillway/memory";
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
  bulk.append(Array.from({ length: 100 }, (_, index) => ({ value: Buffer.from(`low${index}`) })));
  w.append(...Array.from({ length: 100 }, (_, index) => `high${index}`));
  await w.clock.advance(1_000);
  const low = seen.filter((value) => value.startsWith("low")).length;
  expect(low).toBeGreaterThanOrEqual(7);
  expect(low).toBeLessThanOrEqual(15);
  await w.clock.advance(5_000);
  expect(await running.stop()).toMatchObject({ delivered: 200, succeeded: 200 });
  const scopes = await Promise.all(
    ["test/orders", "test/bulk"].map((scope) => w.stores.leases.list(scope, { signal: new AbortController().signal })),
  );
  expect(scopes.map((records) => records.length)).toEqual([expect.any(Number), expect.any(Number)]);
});

test("the same source object twice is refused where it is written", () => {
  const source = world().source();
  expect(() => consumeAll([{ source }, { source, priority: 1 }], { ordering: "none" })).toThrow(
    expect.objectContaining({ code: "SPILLWAY_INVALID_OPTIONS", message: expect.stringContaining("the same source object twice") }),
  );
});
