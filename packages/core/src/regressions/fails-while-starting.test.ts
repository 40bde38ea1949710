// What was wrong: when one source of consumeAll fails while the sources are being started (its assigner's leases() throws at once), Run.fail drains the intakes that
// the run knows: none yet. The others start afterwards, read on and never stop: run() neither ends nor rejects, and a signal does nothing (stop() was called).
// Mended so: an intake that joins a run which is stopping is drained.
import { memoryQueue, memoryQueueSource } from "@spillway/memory";
import { SpillwayError, type Assigner } from "@spillway/spec";
import { expect, test } from "vitest";
import { checkpoint, consumeAll, deadLetter, handle } from "../index.ts";
import { world } from "../testing/world.ts";

test("a source that fails while it starts stops the others", async () => {
  const w = world();
  const queue = memoryQueue({ name: "jobs", clock: w.clock });
  const assigner: Assigner = {
    leases() {
      throw new SpillwayError("no permission", { code: "SPILLWAY_TEST", failureClass: "fatal" });
    },
  };
  const log = { ...w.source(), coordination: { by: "provider", consumer: "test", assigner, checkpoints: w.stores.checkpoints } as const };
  const running = w.start(
    consumeAll([{ source: log }, { source: memoryQueueSource({ queue }) }], { ordering: "none" }).pipe(
      handle(() => undefined),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  let outcome: unknown;
  running.report.catch((error: unknown) => (outcome = error));
  await w.clock.advance(60_000);
  expect(outcome).toMatchObject({ code: "SPILLWAY_TEST" });
});
