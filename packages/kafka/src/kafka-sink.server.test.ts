import { randomUUID } from "node:crypto";
import { kafkaApi, startKafka, whyNot, type KafkaCluster } from "@spillway-tools/servers";
import type { ItemResult, OutgoingMessage, Payload, Sink } from "@spillway/spec";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kafkaSink } from "./kafka-sink.ts";
import { kafkaSource } from "./kafka-source.ts";
import { readValues } from "./testing/read-messages.ts";
import { testClient, testTopic, type TestTopic } from "./testing/test-topic.ts";

const skip = await whyNot("kafka");
const calls = { signal: new AbortController().signal };
const timeout = 60_000;

function numbered(count: number, name: string, keys = 10): readonly OutgoingMessage<Payload>[] {
  return Array.from({ length: count }, (_, index) => ({ key: `k${index % keys}`, value: Buffer.from(`${name}${index}`) }));
}

function codes(results: readonly ItemResult[]): readonly string[] {
  return results.map((result) => (result.ok ? "ok" : String((result.error as Error & { code?: string }).code)));
}

async function stored({ client, topic, admin }: TestTopic): Promise<readonly string[]> {
  const source = kafkaSource({ client, topic, groupId: randomUUID() });
  const values: string[] = [];
  for (const { partition, high } of await admin.fetchTopicOffsets(topic)) {
    if (Number(high) > 0) values.push(...(await readValues(source, topic, partition, { at: "earliest" }, Number(high))));
  }
  return values;
}

describe.skipIf(skip !== undefined)("a sink on one broker", () => {
  let cluster: KafkaCluster;
  let topic: TestTopic;
  let sink: Sink<Payload>;
  beforeAll(async () => {
    cluster = await startKafka({ proxied: true });
  }, 60_000);
  afterAll(async () => {
    await cluster?.stop();
  });
  const fresh = async (): Promise<void> => {
    topic = await testTopic(cluster.endpoint, { partitions: 3 });
    sink = kafkaSink({ client: topic.client, topic: topic.topic });
  };

  test("T25: a batch whose answer is lost is stored once", { timeout }, async () => {
    await fresh();
    let lost = 0;
    cluster.nodes[0]?.proxy?.onKafkaRequest(({ apiKey }) => (apiKey === kafkaApi.produce && lost++ < 5 ? "cut-after" : "pass"));
    const writes = await Promise.all(["a", "b", "c"].map((name) => sink.write(numbered(100, name), calls)));
    cluster.nodes[0]?.proxy?.onKafkaRequest(undefined);
    expect(lost).toBeGreaterThan(5);
    expect(writes.flatMap(codes).filter((code) => code !== "ok")).toEqual([]);
    const values = await stored(topic);
    expect([values.length, new Set(values).size]).toEqual([300, 300]);
    await topic.close();
  });

  test("T24: after a batch that was given up, the next is not taken for it by the broker", { timeout }, async () => {
    await fresh();
    const impatient = kafkaSink({ client: topic.client, topic: topic.topic, deliveryTimeoutMs: 600, partition: () => 0 });
    expect(codes(await impatient.write(numbered(2, "first"), calls))).toEqual(["ok", "ok"]);
    // Stored, but nobody hears of it, until it is given up.
    cluster.nodes[0]?.proxy?.onKafkaRequest(({ apiKey }) => (apiKey === kafkaApi.produce ? "cut-after" : "pass"));
    const given = codes(await impatient.write(numbered(10, "unsure"), calls));
    cluster.nodes[0]?.proxy?.onKafkaRequest(undefined);
    expect(new Set(given)).toEqual(new Set(["SPILLWAY_KAFKA_UNREACHABLE"]));
    expect(codes(await impatient.write(numbered(10, "next"), calls))).toEqual(Array(10).fill("ok"));
    expect(codes(await impatient.write(numbered(7, "last"), calls))).toEqual(Array(7).fill("ok"));
    const values = await stored(topic);
    expect(values.filter((value) => value.startsWith("next"))).toHaveLength(10);
    expect(values.filter((value) => value.startsWith("last"))).toHaveLength(7);
    await topic.close();
  });

  test("a message that is too large fails alone, with those of its key behind it", { timeout }, async () => {
    await fresh();
    const large = { key: "k", value: Buffer.alloc(1_500_000) };
    const results = await sink.write(
      [
        { key: "k", value: Buffer.from("before") },
        large,
        { key: "k", value: Buffer.from("behind") },
        { key: "other", value: Buffer.from("x") },
      ],
      calls,
    );
    expect(codes(results)).toEqual(["ok", "SPILLWAY_OVERSIZE", "SPILLWAY_NOT_ATTEMPTED", "ok"]);
    expect([...(await stored(topic))].sort()).toEqual(["before", "x"]);
    await topic.close();
  });

  test("a key goes where Kafka's own clients send it", { timeout }, async () => {
    await fresh();
    await sink.write(numbered(50, "m", 50), calls);
    const ours = await places(topic);
    const other = await testTopic(cluster.endpoint, { partitions: 3 });
    await other.producer.send({
      topic: other.topic,
      messages: numbered(50, "m", 50).map(({ key, value }) => ({ key: String(key), value: Buffer.from(value ?? []) })),
    });
    expect(await places(other)).toEqual(ours);
    await Promise.all([topic.close(), other.close()]);
  });

  test("gzip makes batches smaller and is read again", { timeout }, async () => {
    await fresh();
    const messages = numbered(500, "same text again and again ");
    const packed = kafkaSink({ client: topic.client, topic: topic.topic, compression: "gzip" });
    const bytesOf = async (writer: Sink<Payload>): Promise<number> => {
      let bytes = 0;
      cluster.nodes[0]?.proxy?.onKafkaRequest(({ apiKey, frame }) => {
        if (apiKey === kafkaApi.produce) bytes += frame.length;
        return "pass";
      });
      await writer.write(messages, calls);
      cluster.nodes[0]?.proxy?.onKafkaRequest(undefined);
      return bytes;
    };
    const small = await bytesOf(packed);
    expect(new Set(await stored(topic)).size).toBe(500);
    expect(small).toBeGreaterThan(0);
    expect(small).toBeLessThan((await bytesOf(sink)) * 0.5);
    await topic.close();
  });

  test("a missing topic and a wrong address are fatal", { timeout }, async () => {
    const lost = kafkaSink({ client: testClient(cluster.endpoint), topic: "no-such-topic" });
    await expect(lost.write(numbered(1, "m"), calls)).rejects.toMatchObject({
      code: "SPILLWAY_KAFKA_TOPIC_MISSING",
      failureClass: "fatal",
    });
    const astray = kafkaSink({ client: testClient("127.0.0.1:1"), topic: "t", startTimeoutMs: 500 });
    await expect(astray.write(numbered(1, "m"), calls)).rejects.toMatchObject({
      code: "SPILLWAY_KAFKA_UNREACHABLE",
      failureClass: "fatal",
    });
  });

  test("a broker that is away is waited for", { timeout }, async () => {
    await fresh();
    await sink.write(numbered(10, "before"), calls);
    await cluster.nodes[0]?.kill("SIGKILL");
    const writing = sink.write(numbered(50, "during"), calls);
    await cluster.nodes[0]?.start();
    expect(codes(await writing).filter((code) => code !== "ok")).toEqual([]);
    const values = await stored(topic);
    expect([values.length, new Set(values).size]).toEqual([60, 60]);
    await topic.close();
  });
});

/** How many of which keys are in each partition. */
async function places({ client, topic, admin }: TestTopic): Promise<readonly string[]> {
  const source = kafkaSource({ client, topic, groupId: randomUUID() });
  const found: string[] = [];
  for (const { partition, high } of await admin.fetchTopicOffsets(topic)) {
    for (const value of await readValues(source, topic, partition, { at: "earliest" }, Number(high))) found.push(`${partition} ${value}`);
  }
  return found.sort();
}
