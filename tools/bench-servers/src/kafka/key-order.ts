import { setTimeout as sleep } from "node:timers/promises";
import type { Scenario } from "@spillway-tools/bench/bar";
import { inRounds, ratioOf, sayRounds, stopwatch } from "../taken.ts";
import { takeAll } from "./consume.ts";
import { fillTopic } from "./topic.ts";

const messages = 20_000;
const atOnce = 100;
/** 0 to 5 ms, mixed. */
const delays = Array.from({ length: messages }, (_, index) => (index * 7_919) % 6);

/** What order by key is worth on one partition with 10,000 keys: against order by partition, and against the time that there must be. */
export const keyOrder: Scenario = {
  bars: [
    { name: "kafka-key-order", says: "1 ms handler, 10,000 keys: rate of partition order", atLeast: 20, unit: "x" },
    { name: "kafka-ideal", says: "20,000 of 0 to 5 ms, 100 at once: time, of bare loops", atMost: 1.5, unit: "x" },
  ],
  async measure() {
    const filled = await fillTopic({ partitions: 1, messages, keys: 10_000, bytes: 200 });
    const oneMs = (): Promise<void> => sleep(1);
    const orders = await inRounds(
      {
        partition: () => takeAll(filled, { ordering: "partition", concurrency: 1, messages: 1_000, from: "first message", handler: oneMs }),
        key: () => takeAll(filled, { ordering: "key", concurrency: 1_000, from: "first message", handler: oneMs }),
      },
      3,
    );
    const mixed = await inRounds(
      {
        engine: () =>
          takeAll(filled, { ordering: "key", concurrency: atOnce, from: "first message", handler: (index) => wait(delays[index] ?? 0) }),
        "100 bare loops": bareLoops,
      },
      7,
    );
    const idealMs = delays.reduce((sum, delay) => sum + delay, 0) / atOnce;
    return [
      { name: "kafka-key-order", ...ratioOf(orders, "wallMs", "partition", "key"), detail: sayRounds(orders) },
      {
        name: "kafka-ideal",
        ...ratioOf(mixed, "wallMs", "engine", "100 bare loops"),
        detail: `${sayRounds(mixed)}; without any overshoot of timers, ${Math.round((messages * 1_000) / idealMs).toLocaleString("en")}/s`,
      },
    ];
  },
};

/** The same delays without anything around them: what timers make of the ideal here. */
async function bareLoops(): ReturnType<typeof takeAll> {
  const end = stopwatch();
  let next = 0;
  const loop = async (): Promise<void> => {
    while (next < messages) await wait(delays[next++] ?? 0);
  };
  await Promise.all(Array.from({ length: atOnce }, loop));
  return end(messages);
}

async function wait(delayMs: number): Promise<void> {
  if (delayMs > 0) await sleep(delayMs);
}
