import { expect, test } from "vitest";
import { checkpoint, consume, decode, haltOnFailure, handle, text } from "./index.ts";
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
