import { randomUUID } from "node:crypto";
import { startKafka, whyNot } from "@spillway-tools/servers";
import type { OutgoingMessage, Payload } from "@spillway/spec";
import { describe, expect, test, vi } from "vitest";
import { kafkaSink } from "./kafka-sink.ts";
import { kafkaSource } from "./kafka-source.ts";
import { readValues } from "./testing/read-messages.ts";
import { testTopic, type TestTopic } from "./testing/test-topic.ts";

const skip = await whyNot("kafka");
const calls = { signal: new AbortController().signal };

function numbered(count: number, name: string, keys = 10): readonly OutgoingMessage<Payload>[] {
  return Array.from({ length: count }, (_, index) => ({ key: `k${index % keys}`, value: Buffer.from(`${name}${index}`) }));
}

async function stored({ client, topic, admin }: TestTopic): Promise<readonly string[]> {
  const source = kafkaSource({ client, topic, groupId: randomUUID() });
  const values: string[] = [];
  for (const { partition, high } of await vi.waitFor(() => admin.fetchTopicOffsets(topic), 30_000)) {
    if (Number(high) > 0) values.push(...(await readValues(source, topic, partition, { at: "earliest" }, Number(high))));
  }
  return values;
}

describe.skipIf(skip !== undefined)("a sink on three brokers", () => {
  test("T1 T26: a rolling restart while publishing loses nothing and stores nothing twice", { timeout: 120_000 }, async () => {
    const cluster = await startKafka({ nodes: 3, heapMb: 160 });
    try {
      const topic = await testTopic(cluster.endpoint, { partitions: 6, copies: 3 });
      const sink = kafkaSink({ client: topic.client, topic: topic.topic });
      const confirmed = new Set<string>();
      let isOver = false;
      const publishing = (async () => {
        for (let batch = 0; !isOver; batch += 1) {
          const messages = numbered(60, `${batch}.`, 60);
          const results = await sink.write(messages, calls);
          for (const [index, result] of results.entries()) if (result.ok) confirmed.add(String(messages[index]?.value));
        }
      })();
      for (const node of cluster.nodes) {
        await node.kill("SIGTERM");
        await node.start();
      }
      isOver = true;
      await publishing;
      const values = await stored(topic);
      const held = new Set(values);
      expect([...confirmed].filter((value) => !held.has(value))).toEqual([]);
      expect(values.length - held.size).toBe(0);
      expect(confirmed.size).toBeGreaterThan(1_000);
      await topic.close();
    } finally {
      await cluster.stop();
    }
  });
});
