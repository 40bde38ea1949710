// What was wrong: a lease that arrives when the pipeline has been abandoned already (an error in the user's operators, take(), unsubscribe) is served like any other: LogIntake
// looks at run.stopping, which is set by stop() only. Its partition is read for ever and run() never rejects.
// Mended so: look at the intake's own signal.
import type { Assigner, Lease } from "@spillway/spec";
import { map as rxMap } from "rxjs";
import { expect, test } from "vitest";
import { checkpoint, consume, deadLetter, handle } from "../index.ts";
import { leasesOf } from "../testing/leased.ts";
import { world } from "../testing/world.ts";

test("a lease that arrives after the stream broke is given back", async () => {
  const w = world({ partitions: 2 });
  const released: string[] = [];
  const leases = leasesOf(w, () => ({ release: async (how) => void released.push(how) }));
  const assigner: Assigner = {
    async *leases({ signal }) {
      yield leases[0] as Lease;
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      // Its claim was under way.
      yield leases[1] as Lease;
    },
  };
  const source = {
    ...w.source(),
    coordination: { by: "provider", consumer: "test", assigner, checkpoints: w.stores.checkpoints } as const,
  };
  const running = w.start(
    consume(source, { ordering: "none" }).pipe(
      handle(() => undefined),
      rxMap(() => {
        throw new Error("a bug in an operator");
      }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  let outcome: unknown;
  running.report.catch((error: unknown) => (outcome = error));
  w.append("a");
  await w.clock.advance(60_000);
  expect(outcome).toMatchObject({ message: "a bug in an operator" });
  expect(released).toEqual(["drained", "drained"]);
});
