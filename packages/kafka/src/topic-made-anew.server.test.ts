import { randomUUID } from "node:crypto";
import { serversFor } from "@spillway-tools/servers";
import { describe, expect, test } from "vitest";
import { kafkajsPort } from "./client/kafkajs-port.ts";
import { kafkaSource } from "./kafka-source.ts";
import { kafkaTransactions } from "./kafka-transactions.ts";
import { behind } from "./testing/behind.ts";
import { miniEngine } from "./testing/mini-engine.ts";
import { testTopic, type TestTopic } from "./testing/test-topic.ts";

const kafka = await serversFor("kafka");
const calls = { signal: new AbortController().signal };
const timeout = 60_000;

function numbered(name: string, count: number): { value: string }[] {
  return Array.from({ length: count }, (_, index) => ({ value: `${name}${index}` }));
}

/** Deletes a topic and makes another one of its name, with so many messages in it. */
async function makeAnew({ topic, admin, send }: TestTopic, count: number): Promise<void> {
  await admin.deleteTopics({ topics: [topic] });
  await expect
    .poll(() => admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: false }).catch(() => false), {
      timeout: 20_000,
    })
    .toBe(true);
  // The producer knows of the old one still.
  await expect
    .poll(
      () =>
        send(0, numbered("new", count)).then(
          () => true,
          () => false,
        ),
      { timeout: 20_000 },
    )
    .toBe(true);
}

async function idOf({ client, topic }: TestTopic): Promise<string | undefined> {
  const port = kafkajsPort(client);
  const [found] = await port.metadata([topic], calls);
  await port.close();
  return found?.id;
}

describe.skipIf(kafka.skip !== undefined)("T39: a topic that is deleted and made anew under its name", () => {
  test.each([
    ["at least once", false],
    ["in transactions", true],
  ])(
    "is noticed in mid-run although it is longer at once: it is read from its first message, and that is told (%s)",
    {
      timeout,
    },
    async (_how, inTransactions) => {
      const topic = await testTopic(kafka.endpoint);
      const groupId = randomUUID();
      await topic.send(0, numbered("old", 20));
      const transactions = inTransactions ? { transactions: kafkaTransactions() } : {};
      const source = kafkaSource({ client: topic.client, topic: topic.topic, groupId, heartbeatIntervalMs: 300, ...transactions });
      const values: string[] = [];
      const engine = miniEngine({
        source,
        saved: () => undefined,
        handle: (message) => {
          values.push(String(message.value));
          return Promise.resolve();
        },
      });
      await expect.poll(() => behind(topic, groupId), { timeout: 20_000 }).toBe(0);
      const before = await idOf(topic);
      await makeAnew(topic, 100);
      await expect.poll(() => behind(topic, groupId), { timeout: 20_000 }).toBe(0);
      engine.stop();
      await engine.ended;

      expect(values).toEqual([...numbered("old", 20), ...numbered("new", 100)].map(({ value }) => value));
      expect(engine.lost).toEqual([{ count: undefined, reason: expect.stringContaining("was deleted and made anew") as string }]);
      const after = await idOf(topic);
      expect(after).not.toBe(before);
      expect(await topic.committed(groupId, 0)).toEqual({ offset: 100, metadata: `spillway/1 free t=${after}` });
      await topic.close();
    },
  );

  test("is refused to whoever fetches the old one, although there is an offset of that number by now", { timeout }, async () => {
    const topic = await testTopic(kafka.endpoint);
    await topic.send(0, numbered("old", 20));
    const old = await idOf(topic);
    await makeAnew(topic, 100);
    const port = kafkajsPort(topic.client);
    const [found] = await port.metadata([topic.topic], calls);
    const leader = found?.partitions[0]?.leader ?? -1;
    const fetched = async (topicId: string | undefined): Promise<{ readonly error: string | undefined; readonly bytes: number }> => {
      const partitions = [{ topic: topic.topic, topicId, partition: 0, offset: 20, maxBytes: 1_000_000 }];
      const [answer] = await port.fetch(leader, { maxWaitMs: 100, minBytes: 1, maxBytes: 1_000_000, partitions }, calls);
      return { error: answer?.error?.type, bytes: answer?.records.length ?? 0 };
    };
    expect(await fetched(old)).toEqual({ error: "UNKNOWN_TOPIC_ID", bytes: 0 });
    const now = await fetched(found?.id);
    expect(now.error).toBeUndefined();
    expect(now.bytes).toBeGreaterThan(0);
    // As it is where a broker is too old.
    expect(await fetched(undefined)).toEqual(now);
    await port.close();
    await topic.close();
  });

  test("is noticed by the member that comes next, also when it would begin at latest", { timeout }, async () => {
    const topic = await testTopic(kafka.endpoint);
    const groupId = randomUUID();
    await topic.send(0, numbered("old", 20));
    const old = await idOf(topic);
    await makeAnew(topic, 100);
    // A member of the old topic, which did not hear of it, saves once more.
    const port = kafkajsPort(topic.client);
    await port.metadata([], calls);
    const late = { topic: topic.topic, partition: 0, offset: 20, metadata: `spillway/1 free t=${old}` };
    await port.commit(await port.coordinator({ groupId }, calls), groupId, { generation: -1, memberId: "" }, [late], calls);
    await port.close();

    const values: string[] = [];
    const engine = miniEngine({
      source: kafkaSource({ client: topic.client, topic: topic.topic, groupId }),
      start: { at: "latest" },
      saved: () => undefined,
      handle: (message) => {
        values.push(String(message.value));
        return Promise.resolve();
      },
    });
    await expect.poll(() => values.length, { timeout: 20_000 }).toBe(100);
    engine.stop();
    await engine.ended;
    expect(values).toEqual(numbered("new", 100).map(({ value }) => value));
    expect(engine.lost).toEqual([{ count: undefined, reason: expect.stringContaining("from offset 20 on") as string }]);
    await topic.close();
  });
});
