import type { Scenario } from "@spillway-tools/bench/bar";
import { inRounds, ratioOf, sayRounds } from "../taken.ts";
import { takeAll, takeByHand } from "./consume.ts";
import { fillTopic } from "./topic.ts";

/** A whole pipeline with a handler that does nothing, in key order, against an empty eachBatch of kafkajs: 200 bytes, 8 partitions. */
export const consumeAll: Scenario = {
  bars: [{ name: "kafka-consume", says: "rate by CPU, no-op, key order, of a kafkajs eachBatch", atLeast: 0.9, unit: "x" }],
  async measure() {
    const filled = await fillTopic({ partitions: 8, messages: 500_000, keys: 10_000, bytes: 200 });
    const rounds = await inRounds(
      {
        engine: () => takeAll(filled, { ordering: "key", concurrency: 64, from: "start", handler: () => undefined }),
        kafkajs: () => takeByHand(filled),
      },
      3,
    );
    return [{ name: "kafka-consume", ...ratioOf(rounds, "cpuMs", "kafkajs", "engine"), detail: sayRounds(rounds) }];
  },
};
