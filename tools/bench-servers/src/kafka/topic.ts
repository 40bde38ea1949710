import { randomUUID } from "node:crypto";
import { kafkaSink } from "@spillway/kafka";
import { endpointVariables } from "@spillway-tools/servers";
import { Kafka, logLevel } from "kafkajs";

/** A client of the broker that cli.ts has named; it connects to nothing by itself. */
export const client: Kafka = new Kafka({
  clientId: "bench",
  brokers: (process.env[endpointVariables.kafka] ?? "").split(","),
  logLevel: logLevel.NOTHING,
});

/** Makes a topic under a name of its own. */
export async function makeTopic(partitions: number): Promise<string> {
  const topic = `bench-${randomUUID()}`;
  const admin = client.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: partitions }], waitForLeaders: true });
  await admin.disconnect();
  return topic;
}

/** A topic's name and how many messages it holds. */
export interface FilledTopic {
  readonly topic: string;
  readonly messages: number;
}

const batchSize = 5_000;

/** Makes a topic with messages of so many bytes, spread over keys. */
export async function fillTopic(options: {
  readonly partitions: number;
  readonly messages: number;
  readonly keys: number;
  readonly bytes: number;
}): Promise<FilledTopic> {
  const topic = await makeTopic(options.partitions);
  const sink = kafkaSink({ client, topic, maxBatchSize: batchSize });
  const value = new Uint8Array(options.bytes).fill(120);
  for (let first = 0; first < options.messages; first += batchSize) {
    const batch = Array.from({ length: Math.min(batchSize, options.messages - first) }, (_, index) => ({
      key: `key ${(first + index) % options.keys}`,
      value,
    }));
    for (const result of await sink.write(batch, { signal: AbortSignal.timeout(60_000) })) if (!result.ok) throw result.error;
  }
  return { topic, messages: options.messages };
}
