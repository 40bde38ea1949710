import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { checkpoint, consume, haltOnFailure, handle, run } from "@spillway/core";
import { kafkaSource } from "@spillway/kafka";
import type { Scenario } from "@spillway-tools/bench/bar";
import { deferred } from "../deferred.ts";
import { stopwatch } from "../taken.ts";
import { client, fillTopic } from "./topic.ts";

const inFlight = 10_000;
const idleMs = 10_000;

/** What a process takes that only holds messages, and one that only waits for them. */
export const idle: Scenario = {
  bars: [
    { name: "kafka-memory", says: "10,000 messages of 1 KB in flight, over an idle process", atMost: 80, unit: "MB" },
    { name: "kafka-idle-cpu", says: "CPU of a consumer that waits", atMost: 3, unit: "% of a core" },
  ],
  async measure() {
    const full = await fillTopic({ partitions: 8, messages: inFlight, keys: inFlight, bytes: 1_024 });
    const empty = await fillTopic({ partitions: 8, messages: 0, keys: 1, bytes: 0 });
    const cpuShare = await whileHolding(empty.topic, 0, async () => {
      await sleep(2_000);
      const end = stopwatch();
      await sleep(idleMs);
      const { cpuMs, wallMs } = end(1);
      return cpuMs / wallMs;
    });
    const before = residentMb();
    const held = await whileHolding(full.topic, inFlight, () => Promise.resolve(residentMb()));
    return [
      {
        name: "kafka-memory",
        value: held - before,
        spread: undefined,
        detail: `${before.toFixed(0)} MB before, ${held.toFixed(0)} MB with them`,
      },
      { name: "kafka-idle-cpu", value: cpuShare * 100, spread: undefined, detail: `over ${idleMs / 1_000} s` },
    ];
  },
};

/** Looks while so many handlers hold a message each. */
async function whileHolding<T>(topic: string, messages: number, look: () => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const all = deferred<void>();
  let held = 0;
  if (messages === 0) all.resolve();
  const source = kafkaSource({ client, topic, groupId: `bench-${randomUUID()}` });
  const running = run(
    consume(source, { ordering: "key", maxInFlight: messages + 1 }).pipe(
      handle(
        async (_, { signal }) => {
          held += 1;
          if (held === messages) all.resolve();
          await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
        },
        { concurrency: messages + 1 },
      ),
      haltOnFailure(),
      checkpoint(),
    ),
    { signal: stop.signal, drainTimeoutMs: 1 },
  );
  await all.promise;
  const seen = await look();
  stop.abort("all was seen");
  await running;
  return seen;
}

function residentMb(): number {
  globalThis.gc?.();
  return process.memoryUsage().rss / 1_048_576;
}
