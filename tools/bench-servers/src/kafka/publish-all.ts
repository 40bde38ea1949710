import { kafkaSink } from "@spillway/kafka";
import type { Scenario } from "@spillway-tools/bench/bar";
import { Partitioners, type Producer } from "kafkajs";
import { inRounds, ratioOf, sayRounds, stopwatch, type Taken } from "../taken.ts";
import { client, makeTopic } from "./topic.ts";

const partitions = 8;
const batchSize = 8_000;
const batches = 10;
const value = Buffer.alloc(200, 120);

/** Writing 80,000 messages of 200 bytes to 8 partitions, acks all: against kafkajs with one partition a send, and with all of them in one. */
export const publishAll: Scenario = {
  bars: [
    { name: "kafka-publish", says: "rate by CPU, of kafkajs, a send for each partition", atLeast: 0.9, unit: "x" },
    { name: "kafka-publish-unsafe", says: "rate by CPU, of kafkajs, one unsafe send for all", atLeast: 0.6, unit: "x" },
  ],
  async measure() {
    const topic = await makeTopic(partitions);
    const sink = kafkaSink({ client, topic, maxBatchSize: batchSize, partition: ({ key }) => Number(key) % partitions });
    const producer = client.producer({ idempotent: true, createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    const batch = Array.from({ length: batchSize }, (_, index) => ({ key: String(index), value }));

    const timed = async (write: () => Promise<void>): Promise<Taken> => {
      const end = stopwatch();
      for (let done = 0; done < batches; done += 1) await write();
      return end(batches * batchSize);
    };
    const rounds = await inRounds(
      {
        sink: () =>
          timed(async () => {
            for (const result of await sink.write(batch, { signal: AbortSignal.timeout(60_000) })) if (!result.ok) throw result.error;
          }),
        "a send for each": () => timed(() => sendApart(producer, topic, batch)),
        "one send": () =>
          timed(async () => {
            const messages = batch.map((message, index) => ({ ...message, partition: index % partitions }));
            await producer.send({ topic, acks: -1, messages });
          }),
      },
      5,
    );
    await producer.disconnect();
    const detail = sayRounds(rounds);
    return [
      { name: "kafka-publish", ...ratioOf(rounds, "cpuMs", "a send for each", "sink"), detail },
      { name: "kafka-publish-unsafe", ...ratioOf(rounds, "cpuMs", "one send", "sink"), detail },
    ];
  },
};

async function sendApart(
  producer: Producer,
  topic: string,
  batch: readonly { readonly key: string; readonly value: Buffer }[],
): Promise<void> {
  await Promise.all(
    Array.from({ length: partitions }, (_, partition) => {
      const messages = batch.filter((__, index) => index % partitions === partition).map((message) => ({ ...message, partition }));
      return producer.send({ topic, acks: -1, messages });
    }),
  );
}
