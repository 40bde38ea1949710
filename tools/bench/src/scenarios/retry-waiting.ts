import { checkpoint, constant, consume, explain, haltOnFailure, handle, retry, type Backoff } from "@spillway/core";
import { systemClock, type Clock } from "@spillway/spec";
import type { Measured, Scenario } from "../bar.ts";
import { benchLog } from "../bench-log.ts";
import { usedBytes } from "../heap.ts";
import { makePages } from "../pages.ts";
import { start } from "../running.ts";
import { until } from "../until.ts";

const waiting = 100_000;
const watchedMs = 4_000;

/** A hundred thousand messages that wait for their next attempt: what each costs, and how often the process wakes up for them. */
export const retryWaiting: Scenario = {
  bars: [
    { name: "retry-memory", says: "a message waiting for its retry, beyond its record", atMost: 64, unit: "B" },
    { name: "retry-wakeups", says: "timer wake-ups with 100,000 waiting for their retries", atMost: 100, unit: "per second" },
  ],
  measure: async () => [await memory(), await wakeUps()],
};

const unavailable = new Error("the service is down");

async function memory(): Promise<Measured> {
  const log = benchLog(makePages((index) => index, { messages: 120_000 }));
  let up = false;
  let failures = 0;
  const pipeline = consume(log.source, { ordering: "none", maxInFlight: waiting * 2 }).pipe(
    handle((): void => {
      if (up) return;
      failures++;
      throw unavailable;
    }),
    retry({ attempts: 2, backoff: constant(10_000) }),
    haltOnFailure(),
    checkpoint(),
  );
  const running = start(pipeline);
  // What the pipeline itself costs is not counted.
  up = true;
  log.give(8_000);
  await until(() => explain(pipeline).counts?.succeeded === 8_000);
  up = false;
  const before = await usedBytes();
  log.give(waiting);
  await until(() => failures === waiting);
  const after = await usedBytes();
  up = true;
  await until(() => explain(pipeline).counts?.inFlight === 0);
  await running.stop({ delivered: waiting + 8_000, succeeded: waiting + 8_000, retries: waiting });
  log.checkWatermarks();
  return {
    name: "retry-memory",
    value: (after - before) / waiting,
    spread: undefined,
    detail: `${waiting} waiting at once, each for its second attempt`,
  };
}

async function wakeUps(): Promise<Measured> {
  const log = benchLog(makePages((index) => index, { messages: 120_000 }));
  let wakeUpCount = 0;
  let up = false;
  let failures = 0;
  const clock: Clock = {
    ...systemClock,
    schedule: (delayMs, task) =>
      systemClock.schedule(delayMs, () => {
        wakeUpCount++;
        task();
      }),
  };
  const pipeline = consume(log.source, { ordering: "none", maxInFlight: waiting * 2 }).pipe(
    handle((): void => {
      if (up) return;
      failures++;
      throw unavailable;
    }),
    retry({ attempts: 1_000, backoff: spread(1_000, 3_000) }),
    haltOnFailure(),
    checkpoint(),
  );
  const running = start(pipeline, { clock });
  log.give(waiting);
  await until(() => failures >= waiting);
  failures = 0;
  wakeUpCount = 0;
  const startedMs = performance.now();
  await new Promise((resolve) => setTimeout(resolve, watchedMs));
  const seconds = (performance.now() - startedMs) / 1_000;
  const perSecond = wakeUpCount / seconds;
  const attempts = failures / seconds;
  up = true;
  await until(() => explain(pipeline).counts?.inFlight === 0);
  await running.stop({ delivered: waiting, succeeded: waiting });
  return { name: "retry-wakeups", value: perSecond, spread: undefined, detail: `${Math.round(attempts)} attempts a second meanwhile` };
}

function spread(fromMs: number, toMs: number): Backoff {
  return { says: `${fromMs} to ${toMs} ms`, delayMs: ({ random }) => fromMs + random() * (toMs - fromMs) };
}
