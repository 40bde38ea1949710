import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { checkpoint, constant, consume, haltOnFailure, health, publish, retry, run, type EngineEvent } from "@spillway/core";
import { kafkaSink, kafkaSource, kafkaTransactions, type KafkaTransactions } from "@spillway/kafka";
import { consoleConsumer, startKafka, whyNot } from "@spillway-tools/servers";
import kafkajs, { type Kafka } from "kafkajs";
import { describe, expect, test } from "vitest";

const skip = await whyNot("kafka");
const unreachable = "SPILLWAY_KAFKA_UNREACHABLE";
const partitions = 3;

describe.skipIf(skip !== undefined)("a broker that is away for a minute", () => {
  test("holds source and sink visibly, and when it is back all goes on by itself: nothing lost, and in transactions nothing twice", {
    timeout: 300_000,
  }, async () => {
    const cluster = await startKafka();
    const [node] = cluster.nodes;
    if (node === undefined) throw new Error("There is one broker.");
    try {
      const client = new kafkajs.Kafka({ brokers: cluster.endpoint.split(","), logLevel: kafkajs.logLevel.NOTHING });
      const id = randomUUID();
      const [orders, copied, once] = ["orders", "copied", "once"].map((name) => `${id}-${name}`) as [string, string, string];
      const admin = client.admin();
      await admin.connect();
      await admin.createTopics({
        topics: [orders, copied, once].map((topic) => ({ topic, numPartitions: partitions })),
        waitForLeaders: true,
      });
      await admin.disconnect();

      const pipelines = [copying(client, orders, copied, undefined), copying(client, orders, once, kafkaTransactions())];
      const feeding = feed(kafkaSink({ client, topic: orders, deliveryTimeoutMs: 10_000 }));
      for (const { copies } of pipelines) await expect.poll(copies, { timeout: 30_000 }).toBeGreaterThan(100);
      await node.kill("SIGKILL");
      for (const { events } of pipelines) events.length = 0;
      await sleep(60_000);
      for (const { events, isLive } of pipelines) {
        expect(isLive()).toBe(true);
        expect(events.filter((event) => event.type === "source-failed" && codeOf(event.error) === unreachable).length).toBeGreaterThan(2);
      }
      await node.start();
      const before = pipelines.map(({ copies }) => copies());
      for (const [index, { copies }] of pipelines.entries()) {
        await expect.poll(copies, { timeout: 60_000 }).toBeGreaterThan((before[index] ?? 0) + 100);
      }
      const sent = await feeding.end();
      expect(sent.length).toBeGreaterThanOrEqual(200);
      for (const topic of [copied, once])
        await expect.poll(() => missing(cluster.endpoint, client, topic, sent), { timeout: 60_000 }).toEqual([]);
      for (const { stop } of pipelines) await stop();
      const values = await everything(cluster.endpoint, client, once);
      expect(values.length).toBe(new Set(values).size);
    } finally {
      await cluster.stop();
    }
  });
});

/** A pipeline that copies a topic. */
interface Copier {
  /** How many messages it has sent on. */
  copies(): number;
  readonly events: EngineEvent[];
  isLive(): boolean;
  /** Rejects when it could not go on. */
  stop(): Promise<void>;
}

function copying(client: Kafka, from: string, to: string, transactions: KafkaTransactions | undefined): Copier {
  const joined = transactions === undefined ? {} : { transactions };
  const stop = new AbortController();
  const events: EngineEvent[] = [];
  let copies = 0;
  const pipeline = consume(kafkaSource({ client, topic: from, groupId: to, ...joined }), { ordering: "key" }).pipe(
    publish(kafkaSink({ client, topic: to, ...joined }), (value, { message: { key } }) => {
      copies += 1;
      return { key, value };
    }),
    retry({ attempts: 10, backoff: constant(1_000) }),
    haltOnFailure(),
    checkpoint({ everyMs: 200 }),
  );
  const ended = run(pipeline, { signal: stop.signal, onEvent: (event) => events.push(event) });
  ended.catch(() => undefined);
  return {
    copies: () => copies,
    events,
    isLive: () => health(pipeline).live,
    async stop() {
      stop.abort("all is copied");
      await ended;
    },
  };
}

/** Writes until it is ended, whatever fails; `end` resolves to what was confirmed. */
function feed(sink: ReturnType<typeof kafkaSink>): { end(): Promise<readonly string[]> } {
  const sent: string[] = [];
  let isEnding = false;
  let next = 0;
  const running = (async () => {
    while (!isEnding) {
      const values = Array.from({ length: 10 }, () => `m${next++}`);
      const messages = values.map((value) => ({ key: `k${value.at(-1)}`, value: Buffer.from(value) }));
      const results = await sink.write(messages, { signal: new AbortController().signal });
      results.forEach(({ ok }, index) => ok && sent.push(values[index] ?? ""));
      await sleep(50);
    }
  })();
  return {
    async end() {
      isEnding = true;
      await running;
      return sent;
    },
  };
}

/** What a read_committed reader finds, up to a last message in each partition. */
async function everything(endpoint: string, client: Kafka, topic: string): Promise<readonly string[]> {
  const last = `end ${randomUUID()}`;
  const sink = kafkaSink({ client, topic, partition: ({ key }) => Number(key) });
  const ends = Array.from({ length: partitions }, (_, partition) => ({ key: String(partition), value: Buffer.from(last) }));
  await sink.write(ends, { signal: new AbortController().signal });
  let open = partitions;
  const lines = await consoleConsumer(endpoint, topic, (line) => line === last && --open === 0);
  return lines.filter((line) => !line.startsWith("end "));
}

async function missing(endpoint: string, client: Kafka, topic: string, sent: readonly string[]): Promise<readonly string[]> {
  const found = new Set(await everything(endpoint, client, topic));
  return sent.filter((value) => !found.has(value));
}

function codeOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
}
