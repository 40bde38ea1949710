import { randomUUID } from "node:crypto";
import { checkpoint, consume, haltOnFailure, publish, run } from "@spillway/core";
import { kafkaSink, kafkaSource, kafkaTransactions, type KafkaTransactions } from "@spillway/kafka";
import type { Scenario } from "@spillway-tools/bench/bar";
import { inRounds, ratioOf, sayRounds, stopwatch, type Taken } from "../taken.ts";
import { client, fillTopic, makeTopic, type FilledTopic } from "./topic.ts";

const partitions = 8;

/** Copying a topic of 8 partitions into another: each checkpoint a transaction, against each message stored at once. */
export const copyAll: Scenario = {
  bars: [{ name: "kafka-transactions", says: "copying in transactions: rate by CPU, of copying at least once", atLeast: 0.8, unit: "x" }],
  async measure() {
    const filled = await fillTopic({ partitions, messages: 200_000, keys: 10_000, bytes: 200 });
    const to = await makeTopic(partitions);
    const rounds = await inRounds(
      { "at least once": () => copy(filled, to, undefined), transactions: () => copy(filled, to, kafkaTransactions()) },
      3,
    );
    return [{ name: "kafka-transactions", ...ratioOf(rounds, "cpuMs", "at least once", "transactions"), detail: sayRounds(rounds) }];
  },
};

async function copy({ topic, messages }: FilledTopic, to: string, transactions: KafkaTransactions | undefined): Promise<Taken> {
  const joined = transactions === undefined ? {} : { transactions };
  const stop = new AbortController();
  const end = stopwatch();
  let copied = 0;
  const report = await run(
    consume(kafkaSource({ client, topic, groupId: `bench-${randomUUID()}`, ...joined }), { ordering: "key" }).pipe(
      publish(kafkaSink({ client, topic: to, ...joined }), (value, { message: { key } }) => {
        if (++copied === messages) stop.abort("all was copied");
        return { key, value };
      }),
      haltOnFailure(),
      checkpoint(),
    ),
    { signal: stop.signal },
  );
  if (report.succeeded < messages) throw new Error(`${report.succeeded} messages were copied, but ${messages} are there`);
  // The last checkpoint, which is where a transaction does its work, belongs to it.
  return end(messages);
}
