import { setTimeout as sleep } from "node:timers/promises";
import { Kafka, logLevel, type Admin } from "kafkajs";
import { consoleConsumer } from "./console-consumer.ts";

const sentinel = "the end of what is counted";

/**
 * Reads all that a read_committed consumer sees of a topic that nobody writes to any more: values as text, each partition in order. The consumer is Kafka's
 * own. How far a partition goes its leader may not know yet when it has just become it, so each one is ended by a message that all replicas have. A second
 * reading finds the ends of the first one and stops there.
 */
export async function readWholeTopic(endpoint: string, topic: string): Promise<readonly string[]> {
  const retry = { retries: 20, maxRetryTime: 1_000 };
  const client = new Kafka({ clientId: "judge", brokers: endpoint.split(","), logLevel: logLevel.NOTHING, requestTimeout: 5_000, retry });
  const [admin, producer] = [client.admin(), client.producer({ allowAutoTopicCreation: false })];
  try {
    await Promise.all([admin.connect(), producer.connect()]);
    const partitions = await partitionsOf(admin, topic);
    const missing = new Set(partitions.map((partition) => `${sentinel} ${partition}`));
    // One after the other: a send to several partitions can lose some of them when their leaders move.
    for (const partition of partitions) await producer.send({ topic, messages: [{ partition, value: `${sentinel} ${partition}` }] });
    const lines = await consoleConsumer(endpoint, topic, (line) => missing.delete(line) && missing.size === 0);
    return lines.filter((line) => !line.startsWith(sentinel));
  } finally {
    await Promise.all([admin.disconnect(), producer.disconnect()]);
  }
}

/** Asked again while partitions move: kafkajs's own retries do not cover every answer of a broker that leads one no more. */
async function partitionsOf(admin: Admin, topic: string): Promise<readonly number[]> {
  for (let left = 100; ; left -= 1) {
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      return topics.flatMap(({ partitions }) => partitions.map(({ partitionId }) => partitionId));
    } catch (error) {
      if (left === 0) throw error;
      await sleep(100);
    }
  }
}
