import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { checkpoint, consume, haltOnFailure, publish, run } from "@spillway/core";
import { kafkaSink, kafkaSource, kafkaTransactions } from "@spillway/kafka";
import { consoleConsumer, serversFor } from "@spillway-tools/servers";
import kafkajs from "kafkajs";
import { describe, expect, test } from "vitest";
import { exactlyOnce } from "./exactly-once.ts";

const broker = await serversFor("kafka");
const count = 600;
const names = Array.from({ length: count }, (_, index) => `o${index}`);
const isBad = (order: string): boolean => order.endsWith("7");

describe.skipIf(broker.skip !== undefined)("from Kafka to Kafka", () => {
  test("over runs that are broken off with work under way, each order leaves one receipt or one dead letter", {
    timeout: 90_000,
  }, async () => {
    const client = new kafkajs.Kafka({ brokers: broker.endpoint.split(","), logLevel: kafkajs.logLevel.NOTHING });
    const id = randomUUID();
    const topics = { orders: `${id}-orders`, charged: `${id}-charged`, dead: `${id}-dead` };
    const admin = client.admin();
    await admin.connect();
    await admin.createTopics({ topics: Object.values(topics).map((topic) => ({ topic, numPartitions: 2 })), waitForLeaders: true });
    const orders = kafkaSink({ client, topic: topics.orders });
    const write = { signal: new AbortController().signal };
    const messages = names.map((name, index) => ({ key: `c${index % 20}`, value: Buffer.from(name) }));
    for (const result of await orders.write(messages, write)) if (!result.ok) throw result.error;

    let charges = 0;
    for (let broken = 0; broken === 0 || (await unread(admin, topics.orders)) > 0; broken += 1) {
      const stop = new AbortController();
      const charge = async (order: string): Promise<string> => {
        charges += 1;
        if (broken < 8 && charges % 90 === 0) stop.abort("broken off");
        await sleep(1);
        if (isBad(order)) throw new Error("no money");
        return `${order} charged`;
      };
      const isOver = async (): Promise<void> => {
        while (!stop.signal.aborted && (await unread(admin, topics.orders)) > 0) await sleep(50);
        stop.abort("all is read");
      };
      await Promise.all([run(exactlyOnce(client, topics, charge), { signal: stop.signal, drainTimeoutMs: 1 }), isOver()]);
    }

    expect(charges).toBeGreaterThan(count);
    expect((await everything(client, topics.charged)).toSorted()).toEqual(
      names
        .filter((name) => !isBad(name))
        .map((name) => `${name} charged`)
        .toSorted(),
    );
    expect((await everything(client, topics.dead)).toSorted()).toEqual(names.filter(isBad).toSorted());
    await admin.disconnect();
  });

  test("outputs that take more room than maxOutputBytes hold the reading until checkpoints have stored some, and each is stored once", {
    timeout: 90_000,
  }, async () => {
    const client = new kafkajs.Kafka({ brokers: broker.endpoint.split(","), logLevel: kafkajs.logLevel.NOTHING });
    const id = randomUUID();
    const [orders, charged] = [`${id}-orders`, `${id}-charged`];
    const admin = client.admin();
    await admin.connect();
    await admin.createTopics({ topics: [orders, charged].map((topic) => ({ topic, numPartitions: 2 })), waitForLeaders: true });
    await admin.disconnect();
    // Small pages: what has been handed over when the bound is reached goes on.
    const input = kafkaSink({ client, topic: orders, maxBatchBytes: 1_000 });
    const write = { signal: new AbortController().signal };
    const messages = names.map((name, index) => ({ key: `c${index % 20}`, value: Buffer.from(name) }));
    for (const result of await input.write(messages, write)) if (!result.ok) throw result.error;

    const [outputBytes, maxInFlight, outputsInRoom] = [10_000, 50, 20];
    const transactions = kafkaTransactions({ maxOutputBytes: outputsInRoom * outputBytes });
    const stop = new AbortController();
    const stored = new Map<string, number>();
    let [published, most] = [0, 0];
    const storedNow = (): number => [...stored.values()].reduce((sum, some) => sum + some, 0);
    const source = kafkaSource({ client, topic: orders, groupId: orders, transactions, maxBytesPerPartition: 1_000 });
    const pipeline = consume(source, { ordering: "key", maxInFlight }).pipe(
      publish(kafkaSink({ client, topic: charged, transactions }), (value, { message: { key } }) => {
        published += 1;
        most = Math.max(most, published - storedNow());
        return { key, value: Buffer.concat([value ?? Buffer.alloc(0), Buffer.alloc(outputBytes, " ")]) };
      }),
      haltOnFailure(),
      // Nothing but the bound keeps it from reading all at once.
      checkpoint({ everyMessages: 10_000, everyMs: 200 }),
    );
    await run(pipeline, {
      signal: stop.signal,
      onEvent(event) {
        if (event.type !== "checkpointed" || event.checkpoint.state !== "reading") return;
        const { from, done } = event.checkpoint;
        stored.set(event.partition, (from.at === "after" ? Number(from.position) + 1 : 0) + done.length);
        if (storedNow() === count) stop.abort("all is copied");
      },
    });

    expect((await everything(client, charged)).map((line) => line.trim()).toSorted()).toEqual(names.toSorted());
    const pages = 2 * 50;
    expect(most).toBeLessThanOrEqual(outputsInRoom + maxInFlight + pages);
  });
});

/** What a read_committed reader finds, up to a last message in each partition. */
async function everything(client: kafkajs.Kafka, topic: string): Promise<readonly string[]> {
  const end = kafkaSink({ client, topic, partition: ({ key }) => Number(key) });
  await end.write(
    ["0", "1"].map((key) => ({ key, value: Buffer.from("end") })),
    { signal: new AbortController().signal },
  );
  let open = 2;
  const lines = await consoleConsumer(broker.endpoint, topic, (line) => line === "end" && --open === 0);
  return lines.filter((line) => line !== "end");
}

/** How many messages of a topic its group has not settled. */
async function unread(admin: ReturnType<kafkajs.Kafka["admin"]>, topic: string): Promise<number> {
  const [group] = await admin.fetchOffsets({ groupId: topic, topics: [topic] });
  return (group?.partitions ?? []).reduce((left, { offset }) => left - Math.max(0, Number(offset)), count);
}
