import { kafkaSource } from "@spillway/kafka";
import type { LogMessage, Payload } from "@spillway/spec";
import { serversFor } from "@spillway-tools/servers";
import { Kafka, logLevel } from "kafkajs";
import { describe, expect, it, onTestFinished } from "vitest";
import { expectOutcome } from "../testing/expect-outcome.ts";
import { workOnServer } from "../testing/work-on-server.ts";
import { kafkaBackend } from "./kafka-backend.ts";
import { readTopic } from "./read-topic.ts";

const kafka = await serversFor("kafka");

// All of the movies.
const limit = 3_201;

describe.skipIf(kafka.skip !== undefined)("the job on Kafka", () => {
  it("has the outcome that the files say", { timeout: 60_000 }, async () => {
    const { endpoint } = kafka;
    const { prefix, store, output } = await workOnServer(() => endpoint, kafkaBackend, limit);
    expect(output).toContain("9,603 appended = 9,593 counted, each once + 10 dead letters");
    expect(output).toContain("None was delivered again");

    const client = new Kafka({ brokers: endpoint.split(","), logLevel: logLevel.NOTHING });
    const admin = client.admin();
    await admin.connect();
    onTestFinished(() => admin.disconnect());
    async function read(output: string): Promise<readonly LogMessage<Payload>[]> {
      const topic = prefix + output;
      const offsets = await admin.fetchTopicOffsets(topic);
      const appended = new Map(offsets.map(({ partition, high }) => [`${topic}-${partition}`, Number(high)]));
      const found: LogMessage<Payload>[] = [];
      for await (const message of readTopic(kafkaSource({ client, topic, groupId: topic }), appended)) found.push(message);
      return found;
    }
    await expectOutcome({ store, read }, limit);
  });
});
