import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Measured, Scenario } from "@spillway-tools/bench/bar";
import { data, newStores, onStream, put } from "./stream.ts";
import { firstRecordAt } from "./take.ts";

const doomed = fileURLToPath(new URL("./doomed.js", import.meta.url));
const rounds = 3;
/** The engine's default, and the time between two renewals of it. */
const leaseDurationMs = 10_000;
const periodMs = leaseDurationMs / 3;
/** When within a period of renewals the worker dies, as parts of it. */
const deaths = [0, 0.25, 0.5, 0.75];

/** How long nobody reads: at the first start, and after a worker was killed. */
export const startAndTakeOver: Scenario = {
  bars: [
    { name: "kinesis-start", says: "start to first record on an empty lease table", atMost: 3_000, unit: "ms" },
    { name: "kinesis-take-over", says: "after kill -9 to the next record, beyond the lease's 10 s", atMost: 2_000, unit: "ms" },
  ],
  async measure() {
    const starts: number[] = [];
    for (let round = 0; round < rounds; round += 1) starts.push(await onStream({ shards: 4, records: 100, keys: 100 }, start));
    const takeOvers: number[] = [];
    for (const death of deaths) takeOvers.push(await onStream({ shards: 1, records: 1 }, (streamName) => takeOver(streamName, death)));
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

/** Kills a worker that has read the first record while another one stands by; resolves to how long after that the other one has a record. */
async function takeOver(streamName: string, death: number): Promise<number> {
  const stores = await newStores();
  const child = fork(doomed, [streamName, stores.tableName, String(leaseDurationMs)]);
  const closed = once(child, "close");
  await once(child, "message");
  const next = firstRecordAt(streamName, stores, leaseDurationMs);
  await setTimeout((1 + death) * periodMs);
  const killedMs = performance.now();
  child.kill("SIGKILL");
  await closed;
  await put(streamName, [{ key: "after", value: data }]);
  return (await next) - killedMs;
}

function worst(name: string, all: readonly number[]): Measured {
  return { name, value: Math.max(...all), spread: undefined, detail: `${name}: ${all.map((ms) => `${Math.round(ms)} ms`).join(", ")}` };
}
