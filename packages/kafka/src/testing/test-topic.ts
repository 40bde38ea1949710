import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Kafka, logLevel, Partitioners, type Admin, type Message, type Producer } from "kafkajs";

/** A client for tests, which says nothing of what it meets. */
export function testClient(endpoint: string): Kafka {
  return new Kafka({
    clientId: "spillway-test",
    brokers: endpoint.split(","),
    logLevel: logLevel.NOTHING,
    // What the tests watch with must not hang longer than what they watch.
    requestTimeout: 5_000,
    retry: { retries: 20, maxRetryTime: 1_000 },
  });
}

/** A topic of a test's own. */
export interface TestTopic {
  readonly client: Kafka;
  readonly topic: string;
  readonly admin: Admin;
  readonly producer: Producer;
  /** Appends to one partition, in order. */
  send(partition: number, messages: readonly Omit<Message, "partition">[]): Promise<void>;
  /** What the group has committed for a partition. */
  committed(groupId: string, partition: number): Promise<{ readonly offset: number; readonly metadata: string }>;
  close(): Promise<void>;
}

/** What a test wants of its topic. */
export interface TestTopicOptions {
  readonly partitions?: number;
  readonly copies?: number;
  readonly config?: Readonly<Record<string, string>>;
}

/** Makes a topic. */
export async function testTopic(endpoint: string, { partitions = 1, copies = 1, config = {} }: TestTopicOptions = {}): Promise<TestTopic> {
  const client = testClient(endpoint);
  const topic = `t-${randomUUID().slice(0, 13)}`;
  const admin = client.admin();
  const producer = client.producer({ createPartitioner: Partitioners.DefaultPartitioner, allowAutoTopicCreation: false });
  await Promise.all([admin.connect(), producer.connect()]);
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
  await admin.createTopics({
    topics: [{ topic, numPartitions: partitions, replicationFactor: copies, configEntries }],
    waitForLeaders: false,
  });
  await ledEverywhere(admin, topic, partitions);
  return {
    client,
    topic,
    admin,
    producer,
    async send(partition, messages) {
      await producer.send({ topic, messages: messages.map((message) => ({ ...message, partition })) });
    },
    async committed(groupId, partition) {
      const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
      const one = found?.partitions.find((each) => each.partition === partition);
      return { offset: Number(one?.offset ?? -1), metadata: one?.metadata ?? "" };
    },
    async close() {
      await Promise.all([admin.disconnect(), producer.disconnect()]);
    },
  };
}

/** kafkajs's own waiting gives up at the first broker that has not heard of the topic yet. */
async function ledEverywhere(admin: Admin, topic: string, partitions: number): Promise<void> {
  for (;;) {
    const led = await admin.fetchTopicOffsets(topic).then(
      (offsets) => offsets.length,
      () => 0,
    );
    if (led === partitions) return;
    await sleep(20);
  }
}
