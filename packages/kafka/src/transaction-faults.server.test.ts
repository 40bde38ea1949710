import { randomUUID } from "node:crypto";
import type { Checkpoint, ItemResult, Lease, Position } from "@spillway/spec";
import { kafkaApi, startKafka, whyNot, type KafkaCluster, type RequestFate, type TcpProxy } from "@spillway-tools/servers";
import type { Kafka } from "kafkajs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kafkajsPort } from "./client/kafkajs-port.ts";
import { kafkaSink } from "./kafka-sink.ts";
import { kafkaSource, type KafkaSource } from "./kafka-source.ts";
import { kafkaTransactions } from "./kafka-transactions.ts";
import { KafkaMessage } from "./read/kafka-message.ts";
import { holdPartitions, type Holder } from "./testing/hold-partitions.ts";
import { killableClient } from "./testing/killable-client.ts";
import { readCommitted } from "./testing/read-committed.ts";
import { testTopic, type TestTopic } from "./testing/test-topic.ts";

const skip = await whyNot("kafka");
const timeout = 60_000;
const calls = { signal: new AbortController().signal };

/** A member that copies messages when it is told to, and saves when it is told to. */
interface Hand {
  readonly holder: Holder;
  readonly lease: Lease;
  write(messages: readonly KafkaMessage[], name?: string): Promise<readonly ItemResult[]>;
  /** Saves that everything through this offset is settled, and these beyond it. */
  save(through: number, done?: readonly number[]): Promise<void>;
}

describe.skipIf(skip !== undefined)("faults in transactions", () => {
  let cluster: KafkaCluster;
  let proxy: TcpProxy;
  beforeAll(async () => {
    cluster = await startKafka({ proxied: true });
    const [node] = cluster.nodes;
    if (node?.proxy === undefined) throw new Error("The cluster is proxied.");
    proxy = node.proxy;
  }, 60_000);
  afterAll(async () => {
    await cluster?.stop();
  });

  const topics = async (count: number): Promise<readonly [TestTopic, TestTopic]> => {
    const [input, output] = await Promise.all([testTopic(cluster.endpoint), testTopic(cluster.endpoint, { partitions: 2 })]);
    await input.send(
      0,
      Array.from({ length: count }, (_, index) => ({ key: `k${index}`, value: `m${index}` })),
    );
    return [input, output];
  };

  const join = async (
    [input, output]: readonly [TestTopic, TestTopic],
    options: { readonly groupId: string; readonly client?: Kafka; readonly timeoutMs?: number; readonly heartbeatIntervalMs?: number },
  ): Promise<Hand> => {
    const { groupId, client = input.client, timeoutMs = 20_000, heartbeatIntervalMs = 300 } = options;
    const transactions = kafkaTransactions({ timeoutMs });
    const sessionTimeoutMs = heartbeatIntervalMs * 2;
    const source = kafkaSource({
      client,
      topic: input.topic,
      groupId,
      transactions,
      heartbeatIntervalMs,
      sessionTimeoutMs: Math.max(1_500, sessionTimeoutMs),
    });
    const sink = kafkaSink({ client, topic: output.topic, transactions });
    const holder = await holdPartitions(source, 1);
    const [lease] = holder.leases;
    return {
      holder,
      lease,
      write: (messages, name = "") =>
        sink.write(
          messages.map((message) => ({ key: message.key, value: Buffer.from(`${String(message.value)}${name}`), sourceMessage: message })),
          calls,
        ),
      async save(through, done = []) {
        const from = { at: "after", position: String(through) as Position } as const;
        const checkpoint: Checkpoint = {
          state: "reading",
          from,
          done: done.map((offset) => String(offset) as Position),
          attempting: undefined,
        };
        await holder.checkpoints.save({ scope: "", partition: lease.partition }, checkpoint, lease.token, calls);
      },
    };
  };

  /** A member that sleeps so long between heartbeats that it hears of nothing, over as many messages. */
  const sleepyMember = async (
    messages: number,
  ): Promise<{ readonly pair: readonly [TestTopic, TestTopic]; readonly groupId: string; readonly old: Hand; kill(): void }> => {
    const pair = await topics(messages);
    const groupId = randomUUID();
    const { client, kill } = killableClient(cluster.endpoint);
    return { pair, groupId, old: await join(pair, { groupId, client, heartbeatIntervalMs: 30_000 }), kill };
  };

  test("what was written for messages that no checkpoint has settled is never seen, and what was done beyond the watermark is", {
    timeout,
  }, async () => {
    const pair = await topics(5);
    const groupId = randomUUID();
    const member = await join(pair, { groupId });
    expect(await member.write(await messagesOf(pair[0], 5))).toEqual(Array.from({ length: 5 }, () => ({ ok: true })));
    await member.save(1, [3]);
    await member.holder.leave();
    expect((await readCommitted(cluster.endpoint, pair[1])).toSorted()).toEqual(["m0", "m1", "m3"]);
    expect(await pair[0].committed(groupId, 0)).toEqual({
      offset: 2,
      metadata: expect.stringMatching(/^spillway\/1 free t=[\w-]{22} d=bAg$/) as string,
    });
    await Promise.all(pair.map((topic) => topic.close()));
  });

  test("a member that was replaced while it slept can commit nothing any more, and nothing of what it had written is seen", {
    timeout,
  }, async () => {
    const { pair, groupId, old, kill } = await sleepyMember(4);
    const messages = await messagesOf(pair[0], 4);
    await old.write(messages, " by the old");
    await removeMembers(pair[0], groupId);
    const next = await join(pair, { groupId });

    const late = await old.save(3).catch((error: unknown) => error);
    expect(late).toMatchObject({
      code: "SPILLWAY_LEASE_LOST",
      message: expect.stringMatching(/INVALID_PRODUCER_EPOCH|PRODUCER_FENCED/) as string,
    });
    expect(old.lease.lost.aborted).toBe(true);
    await next.write(messages.slice(0, 2));
    await next.save(1);
    await next.holder.leave();
    expect((await readCommitted(cluster.endpoint, pair[1])).toSorted()).toEqual(["m0", "m1"]);
    expect((await pair[0].committed(groupId, 0)).offset).toBe(2);
    kill();
    await Promise.all(pair.map((topic) => topic.close()));
  });

  test("a member that fell asleep in its transaction cannot end it after it was replaced", { timeout }, async () => {
    const { pair, groupId, old, kill } = await sleepyMember(4);
    const messages = await messagesOf(pair[0], 4);
    await old.write(messages, " by the old");
    let asleep = 0;
    proxy.onKafkaRequest(({ apiKey }) => (apiKey === kafkaApi.endTxn && asleep++ === 0 ? { delayMs: 6_000 } : "pass"));
    const late = old.save(3).catch((error: unknown) => error);
    await expect.poll(() => asleep, { timeout: 10_000 }).toBe(1);
    await removeMembers(pair[0], groupId);
    const next = await join(pair, { groupId });
    expect(await next.holder.checkpoints.load({ scope: "", partition: next.lease.partition }, next.lease.token, calls)).toBeUndefined();
    await next.write(messages.slice(0, 1));
    await next.save(0);
    expect(await late).toMatchObject({ code: "SPILLWAY_LEASE_LOST" });
    proxy.onKafkaRequest(undefined);
    await next.holder.leave();
    expect(await readCommitted(cluster.endpoint, pair[1])).toEqual(["m0"]);
    kill();
    await Promise.all(pair.map((topic) => topic.close()));
  });

  test("T29: what a member commits in the last moment before it is replaced is known to its successor", { timeout }, async () => {
    const { pair, groupId, old, kill } = await sleepyMember(2);
    await old.write(await messagesOf(pair[0], 2));
    let ending = 0;
    // The end of its transaction arrives after the successor has joined, and before that has taken the transactions over.
    proxy.onKafkaRequest(({ apiKey }) => {
      if (apiKey === kafkaApi.initProducerId) return { delayMs: 3_000 };
      return apiKey === kafkaApi.endTxn && ending++ === 0 ? { delayMs: 1_500 } : "pass";
    });
    const saving = old.save(1);
    await expect.poll(() => ending, { timeout: 10_000 }).toBe(1);
    await removeMembers(pair[0], groupId);
    const next = await join(pair, { groupId });
    await saving;
    expect(await next.holder.checkpoints.load({ scope: "", partition: next.lease.partition }, next.lease.token, calls)).toMatchObject({
      from: { position: "1" },
    });
    proxy.onKafkaRequest(undefined);
    await next.holder.leave();
    kill();
    await Promise.all(pair.map((topic) => topic.close()));
  });

  for (const [name, api] of Object.entries(kafkaApi).filter(([, key]) => [0, 22, 24, 25, 26, 28].includes(key))) {
    test(`an answer to ${name} that is lost, or a request that does not arrive, costs nothing`, { timeout }, async () => {
      const pair = await topics(6);
      let lost = 0;
      const fate = (): RequestFate => (lost++ % 2 === 0 ? "cut-after" : "cut-before");
      proxy.onKafkaRequest(({ apiKey }) => (apiKey === api && lost < 4 ? fate() : "pass"));
      const groupId = randomUUID();
      const member = await join(pair, { groupId });
      const messages = await messagesOf(pair[0], 6);
      await member.write(messages.slice(0, 3));
      await member.save(2);
      await member.write(messages.slice(3));
      await member.save(5);
      proxy.onKafkaRequest(undefined);
      expect(lost).toBe(4);
      expect(member.lease.lost.aborted).toBe(false);
      await member.holder.leave();
      expect((await readCommitted(cluster.endpoint, pair[1])).toSorted()).toEqual(["m0", "m1", "m2", "m3", "m4", "m5"]);
      expect((await pair[0].committed(groupId, 0)).offset).toBe(6);
      await Promise.all(pair.map((topic) => topic.close()));
    });
  }

  for (const [what, fate, seen] of [
    ["was committed although nobody heard of it is not done again", "cut-after", ["m0", "m1"]],
    ["was given up before it was committed is done again", "cut-before", []],
  ] as const) {
    test(`T22: a transaction that ${what}`, { timeout }, async () => {
      const pair = await topics(2);
      const groupId = randomUUID();
      const member = await join(pair, { groupId, timeoutMs: 1_000 });
      await member.write(await messagesOf(pair[0], 2));
      proxy.onKafkaRequest(({ apiKey }) => (apiKey === kafkaApi.endTxn ? fate : "pass"));
      await expect(member.save(1)).rejects.toMatchObject({ code: "SPILLWAY_LEASE_LOST" });
      expect(member.lease.lost.aborted).toBe(true);
      proxy.onKafkaRequest(undefined);
      await member.holder.leave().catch(() => undefined);

      const next = await join(pair, { groupId });
      const found = await next.holder.checkpoints.load({ scope: "", partition: next.lease.partition }, next.lease.token, calls);
      expect(found).toEqual(seen.length === 0 ? undefined : expect.objectContaining({ from: { at: "after", position: "1" } }));
      await next.holder.leave();
      expect((await readCommitted(cluster.endpoint, pair[1])).toSorted()).toEqual(seen);
      await Promise.all(pair.map((topic) => topic.close()));
    });
  }

  test("a batch that the topic does not take whole is halved, and a message that it does not take at all ends the source with advice", {
    timeout,
  }, async () => {
    const input = await testTopic(cluster.endpoint);
    await input.send(0, [{ value: "x".repeat(600) }, { value: "y".repeat(600) }, { value: "z".repeat(2_000) }]);
    const output = await testTopic(cluster.endpoint, { config: { "max.message.bytes": "1000" } });
    const member = await join([input, output], { groupId: randomUUID() });
    const messages = await messagesOf(input, 3);
    await member.write(messages.slice(0, 2));
    await member.save(1);
    await member.write(messages.slice(2));
    await expect(member.save(2)).rejects.toMatchObject({ message: expect.stringContaining("maxBatchBytes") as string });
    await expect(member.holder.next()).rejects.toMatchObject({ code: "SPILLWAY_KAFKA_TRANSACTION", failureClass: "fatal" });
    expect((await readCommitted(cluster.endpoint, output)).map((value) => value[0])).toEqual(["x", "y"]);
    await Promise.all([input.close(), output.close()]);
  });
});

/** The first messages of a topic with one partition. */
async function messagesOf({ client, topic }: TestTopic, count: number): Promise<readonly KafkaMessage[]> {
  const source: KafkaSource = kafkaSource({ client, topic, groupId: randomUUID() });
  const [partition] = await source.partitions(calls);
  const found: KafkaMessage[] = [];
  if (partition === undefined) return found;
  for await (const { messages } of source.read(partition.id, { from: { at: "earliest" }, ...calls })) {
    for (const message of messages) if (message instanceof KafkaMessage) found.push(message);
    if (found.length >= count) break;
  }
  return found.slice(0, count);
}

/** Makes the group give up its members, as it does when their sessions are over. */
async function removeMembers({ client, admin }: TestTopic, groupId: string): Promise<void> {
  const { groups } = await admin.describeGroups([groupId]);
  const port = kafkajsPort(client);
  await port.metadata([], calls);
  const coordinator = await port.coordinator({ groupId }, calls);
  for (const { memberId } of groups[0]?.members ?? []) await port.leaveGroup(coordinator, groupId, memberId, calls);
  await port.close();
}
