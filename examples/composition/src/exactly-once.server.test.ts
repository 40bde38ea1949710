import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { run } from "@spillway/core";
import { kafkaSink } from "@spillway/kafka";
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
    expect((await everything(topics.charged)).toSorted()).toEqual(
      names
        .filter((name) => !isBad(name))
        .map((name) => `${name} charged`)
        .toSorted(),
    );
    expect((await everything(topics.dead)).toSorted()).toEqual(names.filter(isBad).toSorted());
    await admin.disconnect();

    /** What a read_committed reader finds, up to a last message in each partition. */
    async function everything(topic: string): Promise<readonly string[]> {
      const end = kafkaSink({ client, topic, partition: ({ key }) => Number(key) });
      await end.write(
        ["0", "1"].map((key) => ({ key, value: Buffer.from("end") })),
        write,
      );
      let open = 2;
      const lines = await consoleConsumer(broker.endpoint, topic, (line) => line === "end" && --open === 0);
      return lines.filter((line) => line !== "end");
    }
  });
});

/** How many messages of a topic its group has not settled. */
async function unread(admin: ReturnType<kafkajs.Kafka["admin"]>, topic: string): Promise<number> {
  const [group] = await admin.fetchOffsets({ groupId: topic, topics: [topic] });
  return (group?.partitions ?? []).reduce((left, { offset }) => left - Math.max(0, Number(offset)), count);
}
