import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Measured, Scenario } from "@spillway-tools/bench/bar";
import { spreadOf } from "@spillway-tools/bench/statistics";
import { data, newStores, onStream, put } from "./stream.ts";
import { firstRecordAt } from "./take.ts";

const doomed = fileURLToPath(new URL("./doomed.js", import.meta.url));
const rounds = 3;
const leaseDurationMs = 5_000;

/** How long nobody reads: at the first start, and after a worker was killed. */
export const startAndTakeOver: Scenario = {
  bars: [
    { name: "kinesis-start", says: "start to first record on an empty lease table", atMost: 3_000, unit: "ms" },
    { name: "kinesis-take-over", says: "after kill -9 to the next record, beyond the lease's 5 s", atMost: 2_000, unit: "ms" },
  ],
  async measure() {
    const starts = await inTurn(() => onStream({ shards: 4, records: 100, keys: 100 }, start));
    const takeOvers = await inTurn(() => onStream({ shards: 1, records: 1 }, takeOver));
    return [
      worst("kinesis-start", starts),
      worst(
        "kinesis-take-over",
        takeOvers.map((ms) => ms - leaseDurationMs),
      ),
    ];
  },
};

/** Resolves to how long it takes from the start of a pipeline to its first record. */
async function start(streamName: string): Promise<number> {
  const stores = await newStores();
  const startMs = performance.now();
  return (await firstRecordAt(streamName, stores)) - startMs;
}

/** Kills a worker that has read the first record while another one waits; resolves to how long after that the other one has a record. */
async function takeOver(streamName: string): Promise<number> {
  const stores = await newStores();
  const child = fork(doomed, [streamName, stores.tableName, String(leaseDurationMs)]);
  const closed = once(child, "close");
  await once(child, "message");
  const next = firstRecordAt(streamName, stores, leaseDurationMs);
  const killedMs = performance.now();
  child.kill("SIGKILL");
  await closed;
  await put(streamName, [{ key: "after", value: data }]);
  return (await next) - killedMs;
}

async function inTurn(measure: () => Promise<number>): Promise<readonly number[]> {
  const all: number[] = [];
  for (let round = 0; round < rounds; round += 1) all.push(await measure());
  return all;
}

function worst(name: string, all: readonly number[]): Measured {
  return { name, value: Math.max(...all), spread: spreadOf(all), detail: `${name}: ${all.map((ms) => `${Math.round(ms)} ms`).join(", ")}` };
}
