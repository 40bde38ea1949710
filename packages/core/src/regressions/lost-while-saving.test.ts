// What was wrong: a partition that is lost during its last save is reported as "drained" (or "finished"): `how` is computed before the save. Nothing is lost, but who looks
// at partition-ended events counts a loss as a clean hand-over. Mended so: say it afterwards.
import { SpillwayError, type CheckpointStore } from "@spillway/spec";
import { memorySource } from "@spillway/memory";
import { expect, test } from "vitest";
import { checkpoint, consume, deadLetter, handle } from "../index.ts";
import { world } from "../testing/world.ts";

test("a partition whose last save is refused was lost, not drained", async () => {
  const w = world();
  const { checkpoints } = w.stores;
  const store: CheckpointStore = {
    maxDone: checkpoints.maxDone,
    load: (...call) => checkpoints.load(...call),
    save: async () => Promise.reject(new SpillwayError("somebody else", { code: "SPILLWAY_LEASE_LOST" })),
  };
  const source = memorySource({ log: w.log, consumer: "test", stores: { ...w.stores, checkpoints: store } });
  const running = w.start(
    consume(source, { ordering: "none" }).pipe(
      handle(() => undefined),
      deadLetter(w.deadLetters),
      checkpoint({ everyMs: 3_600_000 }),
    ),
  );
  w.append("a");
  await w.clock.advance(1_000);
  await running.stop();
  expect(w.events.flatMap((event) => (event.type === "partition-ended" ? [event.how] : []))).toEqual(["lost"]);
});
