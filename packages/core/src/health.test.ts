import { expect, test } from "vitest";
import { checkpoint, consume, decode, haltOnFailure, handle, health, text } from "./index.ts";
import { world } from "./testing/world.ts";

test("health is ready while a partition is read, and says what has not moved for too long", async () => {
  const w = world();
  const pipeline = consume(w.source(), { ordering: "none" }).pipe(
    decode(text()),
    handle(() => new Promise<void>(() => {}), { concurrency: 300 }),
    haltOnFailure(),
    checkpoint(),
  );
  expect(health(pipeline)).toEqual({ live: true, ready: false, stalled: [] });
  const running = w.start(pipeline, { stalledAfterMs: 10_000, drainTimeoutMs: 1_000 });
  w.append("stuck");
  await w.clock.advance(5_000);
  expect(health(pipeline)).toEqual({ live: true, ready: true, stalled: [] });
  await w.clock.advance(20_000);
  expect(health(pipeline)).toMatchObject({ live: true, ready: true, stalled: [expect.stringContaining("is being worked on at handle")] });
  await running.stop();
  expect(health(pipeline)).toEqual({ live: true, ready: false, stalled: [] });
});
