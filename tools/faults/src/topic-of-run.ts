import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Kafka, logLevel } from "kafkajs";

const partitions = 6;

/** Makes a topic that only one run writes to, of six partitions with three copies; resolves to its name when each partition has a leader. */
export async function topicOfRun(endpoint: string): Promise<string> {
  const retry = { retries: 20, maxRetryTime: 1_000 };
  const admin = new Kafka({ clientId: "faults", brokers: endpoint.split(","), logLevel: logLevel.NOTHING, retry }).admin();
  const topic = `rolling-restart-${randomUUID().slice(0, 8)}`;
  await admin.connect();
  try {
    await admin.createTopics({ topics: [{ topic, numPartitions: partitions, replicationFactor: 3 }], waitForLeaders: false });
    await ledEverywhere(() => admin.fetchTopicOffsets(topic));
    return topic;
  } finally {
    await admin.disconnect();
  }
}

/** kafkajs's own waiting gives up at the first broker that has not heard of the topic yet. */
async function ledEverywhere(ask: () => Promise<readonly unknown[]>): Promise<void> {
  for (let left = 300; left > 0; left -= 1) {
    const led = await ask().then(
      (offsets) => offsets.length,
      () => 0,
    );
    if (led === partitions) return;
    await sleep(100);
  }
  throw new Error("The topic of the run has no leaders after half a minute.");
}
