import { checkpoint, consume, explain, haltOnFailure, handle } from "@spillway/core";
import type { Scenario } from "../bar.ts";
import { benchLog } from "../bench-log.ts";
import { usedBytes } from "../heap.ts";
import { makePages } from "../pages.ts";
import { start } from "../running.ts";
import { until } from "../until.ts";

const queued = 100_000;
const concurrency = 64;

/** What a message costs that waits for its turn, beyond the message itself: in each order, and where all wait for one key. */
export const queuedMemory: Scenario = {
  bars: [{ name: "queued-memory", says: "a queued message, beyond its record (the worst order)", atMost: 64, unit: "B" }],
  async measure() {
    const costs = [
      ["unordered", await bytesPerMessage("none", 1_000)],
      ["by key", await bytesPerMessage("key", 1_000)],
      ["one key", await bytesPerMessage("key", 1)],
      ["by partition", await bytesPerMessage("partition", 1_000)],
    ] as const;
    const detail = costs.map(([name, bytes]) => `${name} ${bytes.toFixed(1)} B`).join(", ");
    return [{ name: "queued-memory", value: Math.max(...costs.map(([, bytes]) => bytes)), spread: undefined, detail }];
  },
};

async function bytesPerMessage(ordering: "none" | "key" | "partition", keys: number): Promise<number> {
  const log = benchLog(makePages((index) => index, { keys, messages: 120_000 }));
  const release: (() => void)[] = [];
  let open = false;
  const pipeline = consume(log.source, { ordering, maxInFlight: queued * 2 }).pipe(
    handle(() => (open ? undefined : new Promise<void>((resolve) => release.push(resolve))), { concurrency }),
    haltOnFailure(),
    checkpoint(),
  );
  const running = start(pipeline);
  // So that what a pipeline and its handlers cost is not counted.
  log.give(8_000);
  await until(() => explain(pipeline).counts?.inFlight === 8_000);
  const before = await usedBytes();
  log.give(queued);
  await until(() => explain(pipeline).counts?.inFlight === 8_000 + queued);
  const after = await usedBytes();
  open = true;
  for (const each of release) each();
  await until(() => explain(pipeline).counts?.inFlight === 0);
  await running.stop({ delivered: 8_000 + queued, succeeded: 8_000 + queued });
  return (after - before) / queued;
}
