import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import {
  faultsInTurn,
  hastyClock,
  localClientConfig,
  seededFaults,
  startTableStreamsFake,
  type Fault,
  type HastyClock,
  type TableStreamsFake,
} from "@spillway-tools/aws-fakes";
import type { CheckpointStore, LeaseStore, LogBatch, Partition, PartitionId, StartPosition } from "@spillway/spec";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Change } from "./change.ts";
import { dynamoDbStreamSource, type DynamoDbStreamSource } from "./dynamodb-stream-source.ts";

type View = "NEW_AND_OLD_IMAGES";
const { signal } = new AbortController();
const stores = { leases: {} as LeaseStore, checkpoints: {} as CheckpointStore };
const earliest: StartPosition = { at: "earliest" };

let clock: HastyClock;
let fake: TableStreamsFake;
let client: DynamoDBStreamsClient;
let source: DynamoDbStreamSource<View>;
let changes = 0;

beforeEach(() => begin());
afterEach(() => end());

async function begin(options: { shards?: number; describePageSize?: number; viewType?: string } = {}): Promise<void> {
  clock = hastyClock();
  fake = await startTableStreamsFake({ nowMs: () => clock.nowMs(), ...options });
  client = new DynamoDBStreamsClient(localClientConfig(fake.endpoint));
  source = open();
  changes = 0;
}

async function end(): Promise<void> {
  client.destroy();
  await fake.stop();
}

function open(options: { trimmed?: "skip" | "fail" } = {}): DynamoDbStreamSource<View> {
  return dynamoDbStreamSource({
    client,
    tableName: fake.tableName,
    view: "NEW_AND_OLD_IMAGES",
    consumer: "index",
    stores,
    clock,
    ...options,
  });
}

/** Makes so many changes: "0", "1", …, of as many items. */
function change(count: number): void {
  for (let n = 0; n < count; n += 1) {
    fake.stream().change({ eventName: "INSERT", keys: { id: { S: String(changes) } }, newImage: { id: { S: String(changes) } } });
    changes += 1;
  }
}

const first = async (): Promise<PartitionId> => ((await source.partitions({ signal })) as [Partition])[0].id;
const idOf = ({ keys }: Change<View>): string => keys.id as string;
const callsOf = (operation: string) => fake.calls.filter((call) => call.operation === operation);
const upTo = (count: number): readonly string[] => Array.from({ length: count }, (_, n) => String(n));
const shardIdOf = (partition: PartitionId): string => partition.split("/")[1] ?? "";
const wholeSeconds = (ms: number): number => Math.floor(ms / 1_000) * 1_000;
const error = (type: string): Fault => ({ kind: "error", type });

function read(partition: PartitionId, from: StartPosition = earliest) {
  const iterator = source.read(partition, { from, signal: new AbortController().signal })[Symbol.asyncIterator]();
  const batches: LogBatch<Change<View>>[] = [];
  const ids: string[] = [];
  return {
    iterator,
    batches,
    ids,
    async until(count: number): Promise<readonly string[]> {
      while (ids.length < count) {
        const pulled = await iterator.next();
        if (pulled.done === true) break;
        batches.push(pulled.value);
        ids.push(...pulled.value.messages.map(({ value }) => idOf(value)));
      }
      return ids;
    },
  };
}

describe("shards", () => {
  test("are listed over all pages, each with its parent", async () => {
    await end();
    await begin({ shards: 120, describePageSize: 50 });
    const [one, other] = fake.stream().shards();
    const child = fake.stream().roll(one?.id ?? "");
    const [left, right] = fake.stream().split(other?.id ?? "");
    const partitions = await source.partitions({ signal });
    expect(partitions).toHaveLength(123);
    const parentsOf = (shardId: string) => partitions.find(({ id }) => shardIdOf(id) === shardId)?.parents.map(shardIdOf);
    expect([child, left, right].map(parentsOf)).toEqual([[one?.id], [other?.id], [other?.id]]);
    expect(callsOf("DescribeStream")).toHaveLength(3);
  });

  test("that roll again and again are all read, parents before children: every change once", async () => {
    await end();
    await begin({ shards: 3, describePageSize: 10 });
    for (let round = 0; round < 12; round += 1) {
      change(10);
      const openShards = fake
        .stream()
        .shards()
        .filter(({ closed }) => !closed);
      const rolled = openShards[round % openShards.length]?.id ?? "";
      if (round % 4 === 3) fake.stream().split(rolled);
      else fake.stream().roll(rolled);
    }
    fake.setFaults(
      seededFaults({
        seed: 11,
        probability: 0.25,
        operations: ["GetRecords", "GetShardIterator"],
        faults: [error("LimitExceededException"), error("ExpiredIteratorException"), { kind: "answer-lost" }],
      }),
    );
    const partitions = await source.partitions({ signal });
    const seen: string[] = [];
    const finished = new Set<PartitionId>();
    fake.stream().disable();
    for (const { id, parents } of partitions) {
      expect(parents.every((parent) => finished.has(parent))).toBe(true);
      seen.push(...(await read(id).until(Infinity)));
      finished.add(id);
    }
    expect(seen.toSorted()).toEqual(upTo(120).toSorted());
  });

  test("name their children when they end, though a listing would need many pages", async () => {
    await end();
    await begin({ shards: 120, describePageSize: 50 });
    const shard = await first();
    const [left, right] = fake.stream().split(shardIdOf(shard));
    const listed = callsOf("DescribeStream").length;
    const reading = read(shard);
    await reading.until(99);
    const label = shard.split("/")[0];
    expect(reading.batches.flatMap(({ children }) => children ?? [])).toEqual([
      { id: `${label}/${left}`, parents: [shard] },
      { id: `${label}/${right}`, parents: [shard] },
    ]);
    expect(callsOf("DescribeStream").slice(listed)).toMatchObject([
      { input: { ShardFilter: { Type: "CHILD_SHARDS", ShardId: shardIdOf(shard) } } },
    ]);
  });

  test.each([
    ["ignores the filter", (): Fault | undefined => undefined],
    ["refuses the filter", (): Fault | undefined => error("ValidationException")],
  ])("end all the same on a server that %s", async (_name, fault) => {
    const shard = await first();
    change(2);
    fake.stream().roll(shardIdOf(shard));
    fake.stream().roll(fake.stream().shards().at(-1)?.id ?? "");
    fake.setFaults(({ operation, input: { ShardFilter, ...input } }) =>
      operation === "DescribeStream" && ShardFilter !== undefined
        ? (fault() ?? { kind: "altered", input, answer: (output) => output })
        : undefined,
    );
    const reading = read(shard);
    expect(await reading.until(99)).toEqual(["0", "1"]);
    const children = reading.batches.flatMap((batch) => batch.children ?? []);
    expect(children.map(({ parents }) => parents)).toEqual(fault() === undefined ? [[shard]] : []);
  });

  test("whose children are not described yet are ended all the same; the children follow later", async () => {
    const shard = await first();
    change(2);
    const child = fake.stream().roll(shardIdOf(shard));
    fake.hideShard(child);
    expect(await read(shard).until(99)).toEqual(["0", "1"]);
    expect(await source.partitions({ signal })).toHaveLength(1);
    fake.showShard(child);
    change(1);
    const [, later] = await source.partitions({ signal });
    expect(later?.parents).toEqual([shard]);
    expect(await read(later?.id as PartitionId).until(1)).toEqual(["2"]);
  });

  test("that look open are not taken for ended", async () => {
    const shard = await first();
    change(1);
    fake.setFaults((call) =>
      call.operation === "GetRecords"
        ? { kind: "altered", input: call.input, answer: (output) => ({ ...output, NextShardIterator: undefined }) }
        : undefined,
    );
    await expect(read(shard).until(2)).rejects.toMatchObject({ code: "SPILLWAY_TABLE_STREAM_FAILED", retryable: true });
  });
});

describe("a stream that was disabled and enabled again", () => {
  test("is followed: the new one continues the old one, nothing is left out", async () => {
    const shard = await first();
    change(3);
    fake.reenable();
    change(2);
    const [old, fresh] = await source.partitions({ signal });
    expect(old).toEqual({ id: shard, parents: [] });
    expect(fresh?.parents).toEqual([shard]);
    expect(await read(shard).until(99)).toEqual(["0", "1", "2"]);
    expect(await read(fresh?.id as PartitionId).until(2)).toEqual(["3", "4"]);
  });

  test("and is gone after 24 hours is a loss that is told, and its end", async () => {
    const shard = await first();
    fake.reenable();
    fake.forgetStream(shard.split("/")[0] ?? "");
    source = open();
    const reading = read(shard);
    expect(await reading.until(1)).toEqual([]);
    expect(reading.batches).toMatchObject([{ lost: { count: undefined } }]);
  });

  test("is not followed by a source that names one stream", async () => {
    const arn = fake.streamArn();
    const one = dynamoDbStreamSource({ client, streamArn: arn, view: "NEW_AND_OLD_IMAGES", consumer: "index", stores });
    fake.reenable();
    expect(one.name).toBe("orders/2026-01-01T00:00:00.000");
    expect(await one.partitions({ signal })).toHaveLength(1);
  });
});

describe("trimmed data", () => {
  const trimBehind = async (): Promise<{ shard: PartitionId; from: StartPosition }> => {
    const shard = await first();
    change(5);
    const reading = read(shard);
    await reading.until(1);
    const [message] = reading.batches.flatMap(({ messages }) => messages);
    const records = fake.stream().shard(shardIdOf(shard)).records;
    fake.stream().trim(shardIdOf(shard), records[2]?.sequenceNumber ?? 0n);
    return { shard, from: { at: "after", position: message?.position as NonNullable<typeof message>["position"] } };
  };

  test("is skipped and told, with the time that is known of it", async () => {
    const { shard, from } = await trimBehind();
    const reading = read(shard, from);
    expect(await reading.until(2)).toEqual(["3", "4"]);
    expect(reading.batches.flatMap(({ lost }) => lost ?? [])).toEqual([
      { count: undefined, reason: expect.stringContaining("24 hours") as string, beforeMs: wholeSeconds(clock.nowMs()) },
    ]);
  });

  test("that was trimmed in a long pause is no older than what was read last", async () => {
    const shard = await first();
    change(1);
    const firstAtMs = wholeSeconds(clock.nowMs());
    const reading = read(shard);
    await reading.until(1);
    clock.advance(5_000);
    change(2);
    fake.stream().trim(shardIdOf(shard), fake.stream().shard(shardIdOf(shard)).records[1]?.sequenceNumber ?? 0n);
    fake.expireIterators();
    expect(await reading.until(2)).toEqual(["0", "2"]);
    expect(reading.batches.flatMap(({ lost }) => lost ?? [])).toMatchObject([{ afterMs: firstAtMs, beforeMs: firstAtMs + 5_000 }]);
  });

  test("stops the pipeline where the source is set to fail", async () => {
    const { shard, from } = await trimBehind();
    source = open({ trimmed: "fail" });
    await expect(read(shard, from).until(1)).rejects.toMatchObject({ code: "SPILLWAY_TABLE_STREAM_TRIMMED", failureClass: "fatal" });
  });
});

test("an iterator that expired in a long pause is made anew after the last change given", async () => {
  const shard = await first();
  change(3);
  const reading = read(shard);
  await reading.until(3);
  clock.advance(16 * 60_000);
  change(2);
  expect(await reading.until(5)).toEqual(upTo(5));
  expect(callsOf("GetShardIterator").map(({ input }) => input.ShardIteratorType)).toEqual(["TRIM_HORIZON", "AFTER_SEQUENCE_NUMBER"]);
});

test("a reading that began at latest leaves no gap when its iterator expires before the first change", async () => {
  const shard = await first();
  change(2);
  clock.advance(120_000);
  const reading = read(shard, { at: "latest" });
  await reading.iterator.next();
  clock.advance(16 * 60_000);
  change(2);
  expect(await reading.until(2)).toEqual(["2", "3"]);
});

test("a reading at latest leaves out nothing because this machine's clock is ahead of the service's", async () => {
  const shard = await first();
  const ahead = dynamoDbStreamSource({
    client,
    tableName: fake.tableName,
    view: "NEW_AND_OLD_IMAGES",
    consumer: "index",
    stores,
    clock: { ...clock, nowMs: () => clock.nowMs() + 30_000 },
  });
  source = ahead;
  const reading = read(shard, { at: "latest" });
  await reading.iterator.next();
  change(1);
  expect(await reading.until(1)).toEqual(["0"]);
  fake.expireIterators();
  source = ahead;
  const renewed = read(shard, { at: "latest" });
  await renewed.iterator.next();
  fake.expireIterators();
  change(1);
  expect(await renewed.until(2)).toContain("1");
});

test("a start at a time leaves out what is older by whole seconds", async () => {
  const shard = await first();
  change(1);
  clock.advance(10_000);
  const timestampMs = clock.nowMs();
  change(2);
  expect(await read(shard, { at: "timestamp", timestampMs }).until(2)).toEqual(["1", "2"]);
});

test("a stream with another view than the source's is refused as fatal, one that holds more is not", async () => {
  const ask = (view: "NEW_IMAGE" | "OLD_IMAGE" | "NEW_AND_OLD_IMAGES" | "KEYS_ONLY") =>
    dynamoDbStreamSource({ client, tableName: fake.tableName, view, consumer: "index", stores }).partitions({ signal });
  expect(await ask("NEW_IMAGE")).toHaveLength(1);
  await end();
  await begin({ viewType: "NEW_IMAGE" });
  await expect(ask("OLD_IMAGE")).rejects.toMatchObject({ code: "SPILLWAY_INVALID_OPTIONS", failureClass: "fatal" });
  await expect(ask("NEW_AND_OLD_IMAGES")).rejects.toMatchObject({ code: "SPILLWAY_INVALID_OPTIONS" });
  expect(await ask("KEYS_ONLY")).toHaveLength(1);
});

test("a table without a stream, and a missing permission, are fatal with advice", async () => {
  const none = dynamoDbStreamSource({ client, tableName: "other", view: "KEYS_ONLY", consumer: "index", stores });
  await expect(none.partitions({ signal })).rejects.toMatchObject({ code: "SPILLWAY_TABLE_STREAM_NOT_FOUND", failureClass: "fatal" });
  fake.setFaults(faultsInTurn("ListStreams", [error("AccessDeniedException")]));
  await expect(source.partitions({ signal })).rejects.toMatchObject({ code: "SPILLWAY_TABLE_STREAM_DENIED", failureClass: "fatal" });
});

test("throttling that does not end is told to the engine", async () => {
  const shard = await first();
  fake.setFaults(({ operation }) => (operation === "GetRecords" ? error("LimitExceededException") : undefined));
  await expect(read(shard).until(1)).rejects.toMatchObject({ code: "SPILLWAY_TABLE_STREAM_FAILED", retryable: true });
});

test("each batch tells that a change is kept for a day", async () => {
  const shard = await first();
  change(1);
  const reading = read(shard);
  await reading.until(1);
  expect(reading.batches[0]?.retentionMs).toBe(24 * 3_600_000);
});

test("lag is the age of the newest change read", async () => {
  const shard = await first();
  change(1);
  clock.advance(30_000);
  const reading = read(shard);
  await reading.until(1);
  await reading.iterator.next();
  expect(reading.batches[0]?.behindMs).toBe(30_000);
});

test("an item's key is its lane, whatever order its attributes come in", async () => {
  const shard = await first();
  fake.stream().change({ eventName: "MODIFY", keys: { a: { S: "1" }, b: { N: "2" } } });
  fake.stream().change({ eventName: "MODIFY", keys: { b: { N: "2" }, a: { S: "1" } } });
  const reading = read(shard);
  await reading.until(2);
  const messages = reading.batches.flatMap((batch) => batch.messages);
  expect(messages.map(({ key }) => key)).toEqual(['{"a":{"S":"1"},"b":{"N":"2"}}', '{"a":{"S":"1"},"b":{"N":"2"}}']);
  expect(source.original(messages[0] as NonNullable<(typeof messages)[0]>).key).toBe(messages[0]?.key);
});
