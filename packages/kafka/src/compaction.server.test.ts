import { randomUUID } from "node:crypto";
import type { Position } from "@spillway/spec";
import { consoleConsumer, startKafka, whyNot, type KafkaCluster } from "@spillway-tools/servers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kafkaSource } from "./kafka-source.ts";
import { holdPartitions } from "./testing/hold-partitions.ts";
import { miniEngine } from "./testing/mini-engine.ts";
import { testTopic } from "./testing/test-topic.ts";

const skip = await whyNot("kafka");
const timeout = 120_000;
const calls = { signal: new AbortController().signal };
const count = 1_000;
const keys = 40;
const segmentBytes = 1024 * 1024;

describe.skipIf(skip !== undefined)("a topic that is compacted", () => {
  let cluster: KafkaCluster;
  beforeAll(async () => {
    cluster = await startKafka({ compaction: true, properties: { "log.cleaner.backoff.ms": "200" } });
  }, 60_000);
  afterAll(async () => {
    await cluster?.stop();
  });

  test("what is left of it is read once each and in order, and the watermark passes the gaps, also those in what was saved before", {
    timeout,
  }, async () => {
    const topic = await testTopic(cluster.endpoint, {
      config: {
        "cleanup.policy": "compact",
        "segment.bytes": String(segmentBytes),
        "min.cleanable.dirty.ratio": "0.01",
        "min.compaction.lag.ms": "0",
        "max.compaction.lag.ms": "1",
      },
    });
    const groupId = randomUUID();
    const source = () => kafkaSource({ client: topic.client, topic: topic.topic, groupId });
    const padding = "x".repeat(8_000);
    for (let from = 0; from < count; from += 50) {
      await topic.send(
        0,
        Array.from({ length: 50 }, (_, index) => ({ key: `k${(from + index) % keys}`, value: `${from + index} ${padding}` })),
      );
    }

    // A member that was here before: its watermark and what it had done beyond it are gaps by now.
    const before = await holdPartitions(source(), 1);
    const [lease] = before.leases;
    const from = { at: "after", position: "99" as Position } as const;
    const done = [110, 120, count - 1].map((offset) => String(offset) as Position);
    const key = { scope: "", partition: lease.partition };
    await before.checkpoints.save(key, { state: "reading", from, done, attempting: undefined }, lease.token, calls);
    await before.leave();

    const last = `${count - 1} `;
    const left = async (): Promise<readonly number[]> => {
      const lines = await consoleConsumer(cluster.endpoint, topic.topic, (line) => line.startsWith(last));
      return lines.map((line) => Number.parseInt(line, 10));
    };
    await expect.poll(async () => (await left()).length, { timeout: 90_000, interval: 500 }).toBeLessThan(count / 2);
    const survivors = await left();
    expect(survivors).not.toContain(110);

    const handled: number[] = [];
    const engine = miniEngine({
      source: source(),
      saved: () => undefined,
      slots: 1,
      handle: (message) => {
        handled.push(Number.parseInt(String(message.value), 10));
        return Promise.resolve();
      },
    });
    await expect.poll(async () => (await topic.committed(groupId, 0)).offset, { timeout: 20_000 }).toBe(count);
    engine.stop();
    await engine.ended;
    expect([engine.lost, engine.troubles]).toEqual([[], []]);
    expect(handled.toSorted((one, other) => one - other)).toEqual(survivors.filter((offset) => offset > 99 && offset !== count - 1));
    await topic.close();
  });
});
