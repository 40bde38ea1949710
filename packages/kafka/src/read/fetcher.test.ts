import { expect, test } from "vitest";
import { answered } from "../client/kafka-error.ts";
import type { FetchedPartition, FetchRequest } from "../client/kafka-port.ts";
import type { TopicDirectory } from "../client/topic-directory.ts";
import { fakePort, unused } from "../testing/fake-port.ts";
import { recordBatch } from "../wire/record-batch.ts";
import type { Feed } from "./feed.ts";
import { fetcher } from "./fetcher.ts";

const soon = { timeout: 9_000 };

const partitionBytes = 100;
const [oldTopic, newTopic] = ["old", "new"];

/** A fetch that a broker was asked for and has not answered yet. */
interface Asked {
  readonly broker: number;
  readonly offsets: readonly (readonly [partition: number, offset: number])[];
  answer(...partitions: readonly FetchedPartition[]): void;
  fail(error: Error): void;
}

/** Brokers that lead the partitions of a topic, in this order. */
function cluster(...leaders: readonly number[]) {
  let id = oldTopic;
  const madeAnew: string[] = [];
  const asked: Asked[] = [];
  const port = fakePort({
    fetch: (broker, { partitions }: FetchRequest) =>
      new Promise((resolve, reject) => {
        const offsets = partitions.map(({ partition, offset }) => [partition, offset] as const);
        asked.push({ broker, offsets, answer: (...answers) => resolve(answers), fail: reject });
      }),
    // The log holds offsets 15 to 19.
    listOffsets: (_broker, questions) =>
      Promise.resolve(questions.map((one) => ({ ...one, offset: one.timestampMs === -2 ? 15 : 20, error: undefined }))),
  });
  const directory: TopicDirectory = {
    start: unused,
    topics: unused,
    refresh: () => Promise.resolve(),
    id: () => id,
    problem: () => undefined,
    leader: ({ partition }) => leaders[partition],
  };
  const limits = {
    maxWaitMs: 250,
    maxBytes: 1_000,
    maxQueuedBytes: 10_000,
    missingTopicTimeoutMs: 1_000,
    madeAnew: (partition: string) => madeAnew.push(partition),
  };
  const fetching = fetcher(port, directory, { ...limits, maxBytesPerPartition: partitionBytes });
  return {
    asked,
    madeAnew,
    makeAnew() {
      id = newTopic;
    },
    open: (partition: number, offset: number): Feed => fetching.open({ topic: "orders", topicId: oldTopic, partition }, offset),
  };
}

/** An answer with one message, which is all that a partition has room for. */
async function full(partition: number, offset: number): Promise<FetchedPartition> {
  const identity = { producerId: 1n, epoch: 0, firstSequence: 0, isTransactional: false };
  const records = await recordBatch([{ value: Buffer.alloc(partitionBytes) }], identity, 0, 0);
  records.writeBigInt64BE(BigInt(offset), 0);
  return { topic: "orders", partition, error: undefined, endOffset: 100, aborted: [], records };
}

function refused(partition: number, type: string): FetchedPartition {
  const error = answered(type, "a fetch", false);
  return { topic: "orders", partition, error, endOffset: -1, aborted: [], records: Buffer.alloc(0) };
}

async function positionsOf(feed: Feed): Promise<readonly string[]> {
  return ((await feed.next())?.messages ?? []).map(({ id }) => id);
}

test("T10: a broker that does not answer holds back no partition of another", async () => {
  const { asked, open } = cluster(1, 2);
  const [, feed] = [open(0, 0), open(1, 0)];
  asked[1]?.answer(await full(1, 0));
  expect(await positionsOf(feed)).toEqual(["orders-1@0"]);
  await expect.poll(() => asked.map(({ broker }) => broker), soon).toEqual([1, 2, 2]);
});

test("T10: a partition that nobody reads holds back no other of its broker", async () => {
  const { asked, open } = cluster(1, 1);
  const [, feed] = [open(0, 0), open(1, 0)];
  asked[0]?.answer(await full(0, 0));
  await expect.poll(() => asked.length, soon).toBe(2);
  for (const offset of [0, 1, 2]) {
    asked.at(-1)?.answer(await full(1, offset));
    expect(await positionsOf(feed)).toEqual([`orders-1@${offset}`]);
    await expect.poll(() => asked.at(-1)?.offsets, soon).toEqual([[1, offset + 1]]);
  }
});

test("T11: a partition that has room again is fetched at once", async () => {
  const { asked, open } = cluster(1);
  const feed = open(0, 0);
  asked[0]?.answer(await full(0, 0));
  await expect.poll(() => feed.hasRoom, soon).toBe(false);
  expect(asked).toHaveLength(1);
  await feed.next();
  await expect.poll(() => asked.at(-1)?.offsets, soon).toEqual([[0, 1]]);
});

test("T6: a partition that comes back is fetched, however full it was when it was given up", async () => {
  const { asked, open } = cluster(1);
  const before = open(0, 0);
  asked[0]?.answer(await full(0, 0));
  await expect.poll(() => before.hasRoom, soon).toBe(false);
  before.close();
  const feed = open(0, 40);
  await expect.poll(() => asked.at(-1)?.offsets, soon).toEqual([[0, 40]]);
  asked.at(-1)?.answer(await full(0, 40));
  expect(await positionsOf(feed)).toEqual(["orders-0@40"]);
});

test("T9: an answer that a former reader of a partition had asked for does not move the next one", async () => {
  const { asked, open } = cluster(1);
  open(0, 50).close();
  const feed = open(0, 3);
  asked[0]?.answer(await full(0, 50));
  await expect.poll(() => asked.at(-1)?.offsets, soon).toEqual([[0, 3]]);
  asked.at(-1)?.answer(await full(0, 3));
  expect(await positionsOf(feed)).toEqual(["orders-0@3"]);
});

test("T7: what the log no longer holds is reported with its number, and reading goes on at the oldest message; nothing is committed", async () => {
  // The port of this test refuses to commit.
  const { asked, open } = cluster(1);
  const feed = open(0, 5);
  asked[0]?.answer(refused(0, "OFFSET_OUT_OF_RANGE"));
  expect((await feed.next())?.lost).toMatchObject({ count: 10 });
  await expect.poll(() => asked.at(-1)?.offsets, soon).toEqual([[0, 15]]);
});

test("T19: an error that nobody has foreseen reaches the reader, instead of ending the fetching in silence", async () => {
  const { asked, open } = cluster(1);
  const feed = open(0, 0);
  asked[0]?.fail(new TypeError("Cannot read properties of null (reading 'brokers')"));
  await expect(feed.next()).rejects.toThrow("brokers");
});

test("T39: a partition of a topic that was made anew is fetched no more, and who reads it is told once", async () => {
  const { asked, madeAnew, makeAnew, open } = cluster(1);
  open(0, 5);
  makeAnew();
  asked[0]?.answer(refused(0, "UNKNOWN_TOPIC_ID"));
  await expect.poll(() => madeAnew, soon).toEqual(["orders-0"]);
  open(1, 0);
  expect(madeAnew).toEqual(["orders-0", "orders-1"]);
  expect(asked).toHaveLength(1);
});

test("a topic whose id a broker does not know yet is asked for again", async () => {
  const { asked, madeAnew, open } = cluster(1);
  open(0, 5);
  asked[0]?.answer(refused(0, "UNKNOWN_TOPIC_ID"));
  await expect.poll(() => asked.at(1)?.offsets, soon).toEqual([[0, 5]]);
  expect(madeAnew).toEqual([]);
});
