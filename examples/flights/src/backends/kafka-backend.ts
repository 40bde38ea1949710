import { kafkaSink, kafkaSource, type KafkaSource } from "@spillway/kafka";
import { Kafka, logLevel } from "kafkajs";
import type { OutputLog } from "../pipelines/backend.ts";
import type { InputLog } from "../producer/data-set.ts";
import { tallies } from "../store/local-backend.ts";
import { deadLetterOf } from "./dead-letter-of.ts";
import { mostAppended, type JobInput } from "./job-backend.ts";
import { partitionCounts } from "./partition-counts.ts";
import { readTopic } from "./read-topic.ts";
import { askMs, type ServerBackend, type ServerBackendOptions } from "./server-backend.ts";

const names = Object.keys(partitionCounts) as readonly (InputLog | OutputLog)[];

/** The pipelines on Kafka: logs are topics, checkpoints are the offsets of consumer groups. Makes the topics. */
export async function kafkaBackend({ endpointOf, prefix, store }: ServerBackendOptions): Promise<ServerBackend> {
  const client = new Kafka({ clientId: "flights", brokers: endpointOf("kafka").split(","), logLevel: logLevel.NOTHING });
  const admin = client.admin();
  await admin.connect();
  const topics = names.map((name) => ({ topic: prefix + name, numPartitions: partitionCounts[name] }));
  await admin.createTopics({ topics, waitForLeaders: true, timeout: askMs });
  const groupPrefix = `${prefix}statistics-of-`;

  return {
    source: (log) => kafkaSource({ client, topic: prefix + log, name: log, groupId: groupPrefix + log }),
    sink: (log) => kafkaSink({ client, topic: prefix + log, name: log }),
    table: (log) => tallies(store, log),
    inputs: { departures: input("departures"), routes: input("routes"), movies: input("movies") },
    async *deadLetters() {
      const topic = prefix + ("dead-letters" satisfies OutputLog);
      const source: KafkaSource = kafkaSource({ client, topic, groupId: `${prefix}dead-letters` });
      for await (const message of readTopic(source, await appendedTo(topic))) yield deadLetterOf(message, source.original(message));
    },
    async close() {
      const { groups } = await admin.listGroups();
      await admin.deleteGroups(groups.map((group) => group.groupId).filter((group) => group.startsWith(groupPrefix)));
      await admin.deleteTopics({ topics: topics.map(({ topic }) => topic) });
      await admin.disconnect();
    },
  };

  function input(log: InputLog): JobInput {
    const sink = kafkaSink({ client, topic: prefix + log, maxBatchSize: mostAppended });
    return {
      progress: "positions",
      appended: () => appendedTo(prefix + log),
      append: (messages) => sink.write(messages, { signal: AbortSignal.timeout(askMs) }),
    };
  }

  async function appendedTo(topic: string): Promise<ReadonlyMap<string, number>> {
    const offsets = await admin.fetchTopicOffsets(topic);
    return new Map(offsets.map(({ partition, high }) => [`${topic}-${partition}`, Number(high)]));
  }
}
