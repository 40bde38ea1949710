import { randomUUID } from "node:crypto";
import { connect } from "node:net";
import { serversFor } from "@spillway-tools/servers";
import { hasCode, type Lease, type Position, type StartPosition } from "@spillway/spec";
import { Kafka, logLevel } from "kafkajs";
import { describe, expect, test } from "vitest";
import type { KafkaPort } from "./client/kafka-port.ts";
import { kafkajsPort } from "./client/kafkajs-port.ts";
import { kafkaSource, type KafkaSource } from "./kafka-source.ts";
import { partitionId } from "./partition-id.ts";
import { holdPartitions } from "./testing/hold-partitions.ts";
import { killableClient } from "./testing/killable-client.ts";
import { readUntil, readValues } from "./testing/read-messages.ts";
import { testClient, testTopic, type TestTopic } from "./testing/test-topic.ts";

const kafka = await serversFor("kafka");
const calls = { signal: new AbortController().signal };
const timeout = 60_000;
const earliest: StartPosition = { at: "earliest" };

function sourceOf({ client, topic }: TestTopic, more: Partial<Parameters<typeof kafkaSource>[0]> = {}): KafkaSource {
  return kafkaSource({ client, topic, groupId: randomUUID(), sessionTimeoutMs: 3_000, heartbeatIntervalMs: 300, ...more });
}

const numbered = (count: number, name = "m"): { key: string; value: string }[] =>
  Array.from({ length: count }, (_, index) => ({ key: `${index % 5}`, value: `${name}${index}` }));

describe.skipIf(kafka.skip !== undefined)("where reading begins", () => {
  test("T8: latest stays where the group first was, although nothing was saved before the crash", { timeout }, async () => {
    const topic = await testTopic(kafka.endpoint);
    const groupId = randomUUID();
    await topic.send(0, numbered(10, "old"));
    const { client, kill } = killableClient(kafka.endpoint);
    const first = await holdPartitions(sourceOf(topic, { client, groupId }), 1, { at: "latest" });
    kill();
    await topic.send(0, numbered(3, "new"));

    const second = sourceOf(topic, { groupId });
    const holder = await holdPartitions(second, 1, { at: "latest" });
    const [lease] = holder.leases;
    expect(lease.takeover).toBe("unclean");
    expect(lease.token).toBeGreaterThan(first.leases[0].token);
    expect(await holder.checkpoints.load({ scope: "", partition: lease.partition }, lease.token, calls)).toBeUndefined();
    expect(await readValues(second, topic.topic, 0, lease.start, 3)).toEqual(["new0", "new1", "new2"]);
    await holder.leave();
    await topic.close();
  });

  test("partitions that are added later are read from their first message, also by a group that began at latest", { timeout }, async () => {
    const topic = await testTopic(kafka.endpoint, { partitions: 2 });
    const source = sourceOf(topic, { metadataMaxAgeMs: 300 });
    await topic.send(0, numbered(5, "old"));
    const stop = new AbortController();
    const { coordination } = source;
    const starts = new Map<string, StartPosition>();
    for await (const lease of coordination.by === "provider"
      ? coordination.assigner.leases({ start: { at: "latest" }, signal: stop.signal })
      : []) {
      starts.set(lease.partition, lease.start);
      stop.signal.addEventListener("abort", () => void lease.release("drained", calls));
      if (starts.size === 2) {
        await topic.admin.createPartitions({ topicPartitions: [{ topic: topic.topic, count: 4 }] });
        await expect
          .poll(
            () =>
              topic.send(2, numbered(4, "early")).then(
                () => true,
                () => false,
              ),
            { timeout: 10_000 },
          )
          .toBe(true);
      }
      if (starts.size === 4) stop.abort();
    }
    expect(starts.get(`${topic.topic}-0`)).toEqual({ at: "after", position: "4" });
    expect(starts.get(`${topic.topic}-2`)).toEqual({ at: "after", position: "-1" });
    await topic.close();
  });

  test("a pattern reads the topics that match it, and those that come to match it", { timeout }, async () => {
    const one = await testTopic(kafka.endpoint);
    const prefix = one.topic;
    const source = sourceOf(one, { topic: new RegExp(`^${prefix}`), metadataMaxAgeMs: 300 });
    const stop = new AbortController();
    const partitions: string[] = [];
    const { coordination } = source;
    for await (const lease of coordination.by === "provider"
      ? coordination.assigner.leases({ start: earliest, signal: stop.signal })
      : []) {
      partitions.push(lease.partition);
      stop.signal.addEventListener("abort", () => void lease.release("drained", calls));
      if (partitions.length === 1)
        await one.admin.createTopics({ topics: [{ topic: `${prefix}-more`, numPartitions: 1 }], waitForLeaders: false });
      else stop.abort();
    }
    expect(partitions).toEqual([`${prefix}-0`, `${prefix}-more-0`]);
    await one.close();
  });
});

describe.skipIf(kafka.skip !== undefined)("reading several partitions", () => {
  test("one source reads several topics, each partition by its own name", { timeout }, async () => {
    const [one, other] = await Promise.all([testTopic(kafka.endpoint, { partitions: 2 }), testTopic(kafka.endpoint)]);
    const source = sourceOf(one, { topic: [one.topic, other.topic] });
    await Promise.all([one.send(0, numbered(2, "a")), one.send(1, numbered(2, "b")), other.send(0, numbered(2, "c"))]);
    const holder = await holdPartitions(source, 3);
    expect(holder.leases.map(({ partition }) => partition)).toEqual([`${one.topic}-0`, `${one.topic}-1`, `${other.topic}-0`].toSorted());
    expect(await readValues(source, one.topic, 0, earliest, 2)).toEqual(["a0", "a1"]);
    expect(await readValues(source, one.topic, 1, earliest, 2)).toEqual(["b0", "b1"]);
    expect(await readValues(source, other.topic, 0, earliest, 2)).toEqual(["c0", "c1"]);
    await holder.leave();
    await Promise.all([one.close(), other.close()]);
  });

  test("T10: one that nobody pulls holds no other back, and takes no more than its share of memory", { timeout }, async () => {
    const topic = await testTopic(kafka.endpoint, { partitions: 2 });
    const messages = Array.from({ length: 100 }, () => ({ value: "x".repeat(1_000) }));
    for (let batch = 0; batch < 20; batch += 1) for (const partition of [0, 1]) await topic.send(partition, messages);
    const fetches: number[] = [];
    const client = countingClient(fetches);
    const source = sourceOf(topic, { client, maxBytesPerPartition: 50_000 });
    const stalled = source.read(partitionId({ topic: topic.topic, partition: 1 }), { from: earliest, ...calls })[Symbol.asyncIterator]();
    const first = await stalled.next();
    expect(first.done === true ? 0 : first.value.messages.length).toBeGreaterThan(0);

    const values = await readValues(source, topic.topic, 0, earliest, 2_000);
    expect(values).toHaveLength(2_000);
    // Two megabytes and the stalled one's share, not four.
    const received = fetches.reduce((sum, bytes) => sum + bytes, 0);
    expect(received).toBeGreaterThan(2_000_000);
    expect(received).toBeLessThan(2_600_000);
    await stalled.return?.();
    await topic.close();
  });
});

describe.skipIf(kafka.skip !== undefined)("what a log no longer holds", () => {
  test("T7: messages that were removed before they were read are reported lost, and reading goes on", { timeout }, async () => {
    const topic = await testTopic(kafka.endpoint);
    await topic.send(0, numbered(20));
    await topic.admin.deleteTopicRecords({ topic: topic.topic, partitions: [{ partition: 0, offset: "15" }] });
    const batches = await readUntil(
      sourceOf(topic),
      topic.topic,
      0,
      { at: "after", position: "3" as Position },
      (some) => some.flatMap(({ messages }) => messages).length >= 5,
    );
    expect(batches.flatMap(({ lost }) => lost ?? [])).toEqual([
      { count: 11, reason: expect.stringContaining("offsets 4 to 14") as string },
    ]);
    expect(batches.flatMap(({ messages }) => messages.map(({ value }) => String(value)))).toEqual(["m15", "m16", "m17", "m18", "m19"]);
    await topic.close();
  });

  test("T7: an offset beyond the log's end, as in a topic that was made anew, is reported and read from the beginning", {
    timeout,
  }, async () => {
    const topic = await testTopic(kafka.endpoint);
    await topic.send(0, numbered(2));
    const batches = await readUntil(
      sourceOf(topic),
      topic.topic,
      0,
      { at: "after", position: "499" as Position },
      (some) => some.flatMap(({ messages }) => messages).length >= 2,
    );
    expect(batches[0]?.lost).toEqual({ count: undefined, reason: expect.stringContaining("the log ends at 2") as string });
    expect(batches.flatMap(({ messages }) => messages.map(({ value }) => String(value)))).toEqual(["m0", "m1"]);
    await topic.close();
  });
});

describe.skipIf(kafka.skip !== undefined)("transactions", () => {
  test("committed messages are read, aborted and open ones are not, and markers do not stop the reader", { timeout }, async () => {
    const topic = await testTopic(kafka.endpoint);
    const producer = topic.client.producer({ transactionalId: randomUUID(), idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    for (const [name, end] of [
      ["a", "commit"],
      ["b", "abort"],
      ["c", "commit"],
    ] as const) {
      const transaction = await producer.transaction();
      await transaction.send({ topic: topic.topic, messages: [{ partition: 0, value: name }] });
      await transaction[end]();
    }
    const open = await producer.transaction();
    await open.send({ topic: topic.topic, messages: [{ partition: 0, value: "open" }] });
    await topic.send(0, [{ value: "behind it" }]);

    const source = sourceOf(topic);
    const batches = await readUntil(source, topic.topic, 0, earliest, (some) => some.length >= 3);
    expect(batches.flatMap(({ messages }) => messages.map(({ value }) => String(value)))).toEqual(["a", "c"]);
    await open.commit();
    expect(await readValues(source, topic.topic, 0, earliest, 4)).toEqual(["a", "c", "open", "behind it"]);
    await producer.disconnect();
    await topic.close();
  });
});

describe.skipIf(kafka.skip !== undefined)("what is committed", () => {
  test("T13: the watermark is the committed offset, and a clean member leaves it free", { timeout }, async () => {
    const topic = await testTopic(kafka.endpoint);
    const groupId = randomUUID();
    const holder = await holdPartitions(sourceOf(topic, { groupId }), 1);
    const [lease] = holder.leases;
    const key = { scope: "", partition: lease.partition };
    const done = ["7", "9"] as Position[];
    const saved = (state: string): unknown => expect.stringMatching(new RegExp(`^spillway/1 ${state} t=[\\w-]{22} a=0\\.1 d=bCg$`));
    const attempting = { position: "6" as Position, crashes: 1 };
    await holder.checkpoints.save(
      key,
      { state: "reading", from: { at: "after", position: "5" as Position }, done, attempting },
      lease.token,
      calls,
    );
    expect(await topic.committed(groupId, 0)).toEqual({ offset: 6, metadata: saved("held") });
    await holder.leave();
    expect(await topic.committed(groupId, 0)).toEqual({ offset: 6, metadata: saved("free") });

    const next = await holdPartitions(sourceOf(topic, { groupId }), 1);
    expect(next.leases[0].takeover).toBe("clean");
    expect(await next.checkpoints.load(key, next.leases[0].token, calls)).toEqual({
      state: "reading",
      from: { at: "after", position: "5" },
      done,
      attempting,
    });
    await next.leave();
    await topic.close();
  });

  test("another program's offset is gone on from, and its metadata is ignored with a warning", { timeout }, async () => {
    const topic = await testTopic(kafka.endpoint);
    const groupId = randomUUID();
    await asOperator(topic, groupId, (port, coordinator) => {
      const nobody = { generation: -1, memberId: "" };
      return port.commit(coordinator, groupId, nobody, [{ topic: topic.topic, partition: 0, offset: 3, metadata: "nAB=" }], calls);
    });
    const warnings: string[] = [];
    const holder = await holdPartitions(sourceOf(topic, { groupId, onWarning: (message) => warnings.push(message) }), 1);
    const [lease] = holder.leases;
    expect(lease.takeover).toBe("clean");
    expect(await holder.checkpoints.load({ scope: "", partition: lease.partition }, lease.token, calls)).toMatchObject({
      from: { position: "2" },
      done: [],
    });
    await holder.leave();
    await topic.close();
    expect(warnings).toEqual([expect.stringContaining("nAB=")]);
  });

  test("a partition whose handler does not end within drainTimeoutMs is lost, and what is saved late is refused", { timeout }, async () => {
    const topic = await testTopic(kafka.endpoint, { partitions: 2 });
    const groupId = randomUUID();
    for (const partition of [0, 1]) await topic.send(partition, numbered(3));
    // Its handlers never end: it gives nothing back.
    const slow = await holdPartitions(sourceOf(topic, { groupId, drainTimeoutMs: 500 }), 2);
    const wasLostBeforeItsDeadline = new Map<string, boolean>();
    for (const { partition, drain, lost } of slow.leases) {
      drain.addEventListener("abort", () => wasLostBeforeItsDeadline.set(partition, lost.aborted));
    }
    const next = await holdPartitions(sourceOf(topic, { groupId }), 1);
    const [gained] = next.leases;
    const [moved] = slow.leases.filter(({ partition }) => partition === gained.partition);
    const [kept] = slow.leases.filter(({ partition }) => partition !== gained.partition);
    if (moved === undefined || kept === undefined) throw new Error("One partition moves, and one stays.");
    const saving = (lease: Lease, position: string): Promise<void> => {
      const from: StartPosition = { at: "after", position: position as Position };
      const key = { scope: "", partition: lease.partition };
      return slow.checkpoints.save(key, { state: "reading", from, done: [], attempting: undefined }, lease.token, calls);
    };

    expect([...wasLostBeforeItsDeadline]).toEqual([[moved.partition, false]]);
    expect(moved.lost.reason).toMatchObject({ code: "SPILLWAY_LEASE_LOST", message: expect.stringContaining("500 ms") as string });
    expect(gained.takeover).toBe("unclean");
    await expect(saving(moved, "2")).rejects.toMatchObject({ code: "SPILLWAY_LEASE_LOST" });
    const partition = Number(moved.partition.slice(topic.topic.length + 1));
    expect((await topic.committed(groupId, partition)).offset).toBe(0);

    expect([kept.drain.aborted, kept.lost.aborted]).toEqual([false, false]);
    await saving(kept, "0");
    expect((await topic.committed(groupId, 1 - partition)).offset).toBe(1);
    await next.leave();
    // What is not its own any more cannot be given back either.
    await expect(slow.leave()).rejects.toMatchObject({ code: "SPILLWAY_LEASE_LOST" });
    await topic.close();
  });

  test("T2: a late commit of a member that the group has given up is refused by the broker", { timeout }, async () => {
    const topic = await testTopic(kafka.endpoint);
    const groupId = randomUUID();
    const { client, kill } = killableClient(kafka.endpoint);
    // Frozen: it does not hear that its session is over before its late commit arrives.
    const first = await holdPartitions(sourceOf(topic, { client, groupId, sessionTimeoutMs: 60_000, heartbeatIntervalMs: 30_000 }), 1);
    const [old] = first.leases;
    const key = { scope: "", partition: old.partition };
    const { groups } = await topic.admin.describeGroups([groupId]);
    await asOperator(topic, groupId, (port, coordinator) =>
      port.leaveGroup(coordinator, groupId, groups[0]?.members[0]?.memberId ?? "", calls),
    );
    const second = await holdPartitions(sourceOf(topic, { groupId }), 1);
    const [lease] = second.leases;
    const at = (position: string) =>
      ({ state: "reading", from: { at: "after", position: position as Position }, done: [], attempting: undefined }) as const;
    await second.checkpoints.save(key, at("49"), lease.token, calls);

    const late = await first.checkpoints.save(key, at("2"), old.token, calls).catch((error: unknown) => error);
    expect(hasCode(late, "SPILLWAY_LEASE_LOST")).toBe(true);
    expect(old.lost.aborted).toBe(true);
    expect((await topic.committed(groupId, 0)).offset).toBe(50);
    kill();
    await second.leave();
    await topic.close();
  });
});

describe.skipIf(kafka.skip !== undefined)("what cannot work", () => {
  test("a missing topic is fatal, with its name", { timeout }, async () => {
    const source = kafkaSource({ client: testClient(kafka.endpoint), topic: "no-such-topic", groupId: randomUUID() });
    await expect(source.partitions(calls)).rejects.toMatchObject({
      code: "SPILLWAY_KAFKA_TOPIC_MISSING",
      failureClass: "fatal",
      message: expect.stringContaining("no-such-topic") as string,
    });
  });

  test("a wrong broker address is fatal when nobody has answered for long enough", { timeout }, async () => {
    const source = kafkaSource({ client: testClient("127.0.0.1:1"), topic: "t", groupId: "g", startTimeoutMs: 1_000 });
    await expect(source.partitions(calls)).rejects.toMatchObject({
      code: "SPILLWAY_KAFKA_UNREACHABLE",
      failureClass: "fatal",
      message: expect.stringContaining("check the client's broker addresses") as string,
    });
  });

  test("a group that other consumers are in is fatal, because offsets can be shared with them and a group cannot", {
    timeout,
  }, async () => {
    const topic = await testTopic(kafka.endpoint);
    const groupId = randomUUID();
    const other = topic.client.consumer({ groupId, maxWaitTimeInMs: 100 });
    await other.subscribe({ topic: topic.topic });
    const joined = new Promise((resolve) => {
      other.on(other.events.GROUP_JOIN, resolve);
    });
    await other.run({ eachMessage: async () => undefined });
    await joined;
    await expect(holdPartitions(sourceOf(topic, { groupId }), 1)).rejects.toMatchObject({
      code: "SPILLWAY_CONFLICT",
      failureClass: "fatal",
    });
    await other.disconnect();
    await topic.close();
  });

  test("a topic that is deleted in mid-run is fatal once it has been missing for long enough", { timeout }, async () => {
    const topic = await testTopic(kafka.endpoint);
    await topic.send(0, numbered(2));
    const source = sourceOf(topic, { missingTopicTimeoutMs: 1_000 });
    const reading = readUntil(source, topic.topic, 0, earliest, (batches) => {
      if (batches.length === 1) void topic.admin.deleteTopics({ topics: [topic.topic] });
      return false;
    });
    await expect(reading).rejects.toMatchObject({ code: "SPILLWAY_KAFKA_TOPIC_MISSING", failureClass: "fatal" });
    await topic.close();
  });
});

/** A client that counts the bytes that come in. */
function countingClient(received: number[]): Kafka {
  return new Kafka({
    brokers: kafka.endpoint.split(","),
    logLevel: logLevel.NOTHING,
    socketFactory: ({ host, port, onConnect }) => {
      const socket = connect(port, host, onConnect);
      socket.on("data", (chunk) => received.push(chunk.length));
      return socket;
    },
  });
}

/** Makes a call at the group's coordinator, as an operator's tool does. */
async function asOperator(
  { client }: TestTopic,
  groupId: string,
  call: (port: KafkaPort, coordinator: number) => Promise<void>,
): Promise<void> {
  const port = kafkajsPort(client);
  await port.metadata([], calls);
  await call(port, await port.coordinator({ groupId }, calls));
  await port.close();
}
