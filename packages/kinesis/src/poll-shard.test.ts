import { KinesisClient } from "@aws-sdk/client-kinesis";
import {
  faultsInTurn,
  hastyClock,
  localClientConfig,
  noFaults,
  seededFaults,
  startKinesisFake,
  type Fault,
  type HastyClock,
  type KinesisFake,
} from "@spillway-tools/aws-fakes";
import type { CheckpointStore, LeaseStore, LogBatch, PartitionId, Payload, Position, StartPosition } from "@spillway/spec";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { kinesisSource, type KinesisSource } from "./kinesis-source.ts";
import { shardReading } from "./testing/shard-reading.ts";

const shard = "shardId-000000000000" as PartitionId;
const earliest: StartPosition = { at: "earliest" };
const stores = { leases: {} as LeaseStore, checkpoints: {} as CheckpointStore };

let clock: HastyClock;
let fake: KinesisFake;
let client: KinesisClient;
let source: KinesisSource;
let put = 0;

beforeEach(async () => {
  clock = hastyClock();
  fake = await startKinesisFake({ nowMs: () => clock.nowMs() });
  client = new KinesisClient(localClientConfig(fake.endpoint));
  source = open();
  put = 0;
});
afterEach(async () => {
  client.destroy();
  await fake.stop();
});

function open(options: { maxRecordsPerCall?: number; idleMs?: number } = {}): KinesisSource {
  return kinesisSource({ client, streamName: fake.streamName, consumer: "charges", stores, clock, ...options });
}

/** Puts so many records: "0", "1", … */
function append(count: number): void {
  for (let n = 0; n < count; n += 1) {
    fake.stream.put({ partitionKey: "a", data: Buffer.from(String(put)) });
    put += 1;
  }
}

function read(from: StartPosition = earliest, partition = shard) {
  const controller = new AbortController();
  return {
    ...shardReading(source.read(partition, { from, signal: controller.signal })),
    abort: () => controller.abort(new Error("stop")),
  };
}

const callsOf = (operation: string) => fake.calls.filter((call) => call.operation === operation);
const upTo = (count: number): readonly string[] => Array.from({ length: count }, (_, n) => String(n));
const error = (type: string, status = 400): Fault => ({ kind: "error", type, status });

describe("an expired iterator", () => {
  test("is made anew after the last message given: none is left out, none comes twice", async () => {
    append(6);
    source = open({ maxRecordsPerCall: 2 });
    const reading = read();
    await reading.until(2);
    fake.expireIterators();
    await reading.until(4);
    fake.expireIterators();
    expect(await reading.until(6)).toEqual(upTo(6));
    expect(reading.batches.every(({ lost }) => lost === undefined)).toBe(true);
  });

  test("after a pause longer than iterators live is noticed in the same way", async () => {
    append(4);
    source = open({ maxRecordsPerCall: 2 });
    const reading = read();
    await reading.until(2);
    clock.advance(6 * 60_000);
    expect(await reading.until(4)).toEqual(upTo(4));
    expect(callsOf("GetShardIterator")).toHaveLength(2);
  });

  test("of a reading that began at latest and has no message yet leaves no gap", async () => {
    append(3);
    clock.advance(120_000);
    const reading = read({ at: "latest" });
    await reading.iterator.next();
    clock.advance(6 * 60_000);
    append(2);
    expect(await reading.until(2)).toEqual(["3", "4"]);
  });

  test("tells when what came next was trimmed meanwhile", async () => {
    append(2);
    const firstAtMs = clock.nowMs();
    clock.advance(1_000);
    append(2);
    clock.advance(1_000);
    append(2);
    const thenAtMs = clock.nowMs();
    source = open({ maxRecordsPerCall: 2 });
    const reading = read();
    await reading.until(2);
    fake.stream.trim(shard, String(fake.stream.shard(shard).records[3]?.sequenceNumber));
    fake.expireIterators();
    expect(await reading.until(4)).toEqual(["0", "1", "4", "5"]);
    expect(reading.batches.flatMap(({ lost }) => lost ?? [])).toEqual([
      { count: undefined, reason: expect.stringContaining("retention") as string, afterMs: firstAtMs, beforeMs: thenAtMs },
    ]);
  });

  test("tells after a restart what is known then: what was trimmed is no younger than the first record behind it", async () => {
    append(1);
    const [record] = fake.stream.shard(shard).records;
    clock.advance(1_000);
    append(2);
    fake.stream.trim(shard, String(fake.stream.shard(shard).records[1]?.sequenceNumber));
    const reading = read({ at: "after", position: String(record?.sequenceNumber) as Position });
    expect(await reading.until(1)).toEqual(["2"]);
    expect(reading.batches.flatMap(({ lost }) => lost ?? [])).toEqual([
      { count: undefined, reason: expect.stringContaining("retention") as string, beforeMs: clock.nowMs() },
    ]);
  });
});

describe("throttling and broken connections", () => {
  test("are waited out with the same iterator, and an empty batch tells of each wait", async () => {
    append(1);
    fake.setFaults(
      faultsInTurn("GetRecords", [
        error("ProvisionedThroughputExceededException"),
        error("KMSThrottlingException"),
        error("InternalFailure", 500),
        { kind: "answer-lost" },
      ]),
    );
    const reading = read();
    expect(await reading.until(1)).toEqual(["0"]);
    const iterators = callsOf("GetRecords").map(({ input }) => input.ShardIterator);
    expect(iterators).toHaveLength(5);
    expect(new Set(iterators).size).toBe(1);
    expect(reading.batches.map(({ messages }) => messages.length)).toEqual([0, 0, 0, 0, 1]);
  });

  test("are told to the engine when they do not end", async () => {
    fake.setFaults(({ operation }) => (operation === "GetRecords" ? error("ProvisionedThroughputExceededException") : undefined));
    await expect(read().until(1)).rejects.toMatchObject({ code: "SPILLWAY_KINESIS_FAILED", retryable: true });
    expect(callsOf("GetRecords")).toHaveLength(11);
  });

  test("never lose or double a record, whatever fails when", async () => {
    const total = 400;
    append(total);
    fake.setFaults(
      seededFaults({
        seed: 42,
        probability: 0.3,
        operations: ["GetRecords", "GetShardIterator", "ListShards"],
        faults: [
          error("ProvisionedThroughputExceededException"),
          error("ExpiredIteratorException"),
          { kind: "answer-lost" },
          { kind: "request-lost" },
        ],
      }),
    );
    source = open({ maxRecordsPerCall: 7 });
    expect(await read().until(total)).toEqual(upTo(total));
  });
});

test.each(["KMSDisabledException", "KMSAccessDeniedException", "KMSInvalidStateException", "AccessDeniedException"])(
  "%s ends the reading as fatal, with advice",
  async (type) => {
    fake.setFaults(faultsInTurn("GetRecords", [error(type)]));
    await expect(read().until(1)).rejects.toMatchObject({ code: "SPILLWAY_KINESIS_DENIED", failureClass: "fatal" });
  },
);

test("a deleted stream is fatal, for a reading and for the list of shards", async () => {
  const reading = read();
  await reading.iterator.next();
  fake.deleteStream();
  const expected = { code: "SPILLWAY_KINESIS_NOT_FOUND", failureClass: "fatal" };
  await expect(reading.until(1)).rejects.toMatchObject(expected);
  await expect(source.partitions({ signal: new AbortController().signal })).rejects.toMatchObject(expected);
});

test("a position of another shard is refused as fatal, not taken at its word", async () => {
  append(1);
  const [first] = fake.stream.shard(shard).records;
  const [child] = fake.stream.split(shard);
  const from: StartPosition = { at: "after", position: String(first?.sequenceNumber) as never };
  await expect(read(from, child as PartitionId).until(1)).rejects.toMatchObject({
    code: "SPILLWAY_INVALID_OPTIONS",
    failureClass: "fatal",
  });
});

describe("the pace of calls", () => {
  test("stays within five a second for a shard, also over readings that follow each other", async () => {
    append(20);
    source = open({ maxRecordsPerCall: 2 });
    const calledAtMs: number[] = [];
    fake.setFaults(({ operation }) => {
      if (operation === "GetRecords") calledAtMs.push(clock.nowMs());
      return undefined;
    });
    await source.partitions({ signal: new AbortController().signal });
    const first = read();
    await first.until(10);
    await first.iterator.return?.();
    const position = first.batches.at(-1)?.messages.at(-1)?.position;
    await read({ at: "after", position: position as NonNullable<typeof position> }).until(10);
    expect(calledAtMs.length).toBeGreaterThan(9);
    for (const [index, atMs] of calledAtMs.slice(1).entries()) expect(atMs - (calledAtMs[index] ?? 0)).toBeGreaterThanOrEqual(200);
  });

  test("of two sources at 2.5 a second each is five a second of the shard together, over any two seconds; one second has six at most", async () => {
    append(60);
    // The sources are told apart by the records that they ask for, and each has a clock of its own, which begins with the other's.
    const readers = [2, 3].map((maxRecordsPerCall) => {
      const own = hastyClock();
      const other = kinesisSource({
        client,
        streamName: fake.streamName,
        consumer: `charges-${maxRecordsPerCall}`,
        stores,
        clock: own,
        maxRecordsPerCall,
        callsPerSecondPerShard: 2.5,
      });
      return { own, other, maxRecordsPerCall };
    });
    const calledAtMs: number[] = [];
    fake.setFaults(({ operation, input }) => {
      const reader = readers.find(({ maxRecordsPerCall }) => maxRecordsPerCall === input.Limit);
      if (operation === "GetRecords" && reader !== undefined) calledAtMs.push(reader.own.nowMs());
      return undefined;
    });
    for (const { other } of readers) {
      source = other;
      const reading = read();
      await reading.until(60);
      await reading.iterator.return?.();
    }
    expect(calledAtMs).toHaveLength(30 + 20);
    const mostWithin = (spanMs: number): number =>
      Math.max(...calledAtMs.map((atMs) => calledAtMs.filter((other) => other >= atMs && other < atMs + spanMs).length));
    expect(mostWithin(2_000)).toBe(10);
    expect(mostWithin(1_000)).toBe(6);
  });

  test("is the full one over empty pages, as long as there are records further on", async () => {
    append(1);
    fake.addEmptyPages(shard, 50);
    const reading = read();
    expect(await reading.until(1)).toEqual(["0"]);
    // Every page gives the iterator of the next; only the very first answer came within the same millisecond.
    expect(callsOf("GetRecords")).toHaveLength(51);
    expect(new Set(callsOf("GetRecords").map(({ input }) => input.ShardIterator)).size).toBe(50);
    expect(Math.max(...clock.delaysMs)).toBeLessThanOrEqual(200);
  });

  test("slows down to idleMs while nothing comes, and is full again with the first record", async () => {
    source = open({ idleMs: 1_000 });
    const reading = read();
    for (let n = 0; n < 6; n += 1) await reading.iterator.next();
    expect(clock.delaysMs).toEqual([200, 400, 800, 1_000, 1_000]);
    append(1);
    await reading.until(1);
    await reading.iterator.next();
    expect(clock.delaysMs.slice(6)).toEqual([200]);
  });
});

test("a start at a time that is still to come for Kinesis, because clocks differ, begins at latest", async () => {
  append(1);
  const reading = read({ at: "timestamp", timestampMs: clock.nowMs() + 30_000 });
  await reading.iterator.next();
  append(1);
  expect(await reading.until(1)).toEqual(["1"]);
  expect(callsOf("GetShardIterator").map(({ input }) => input.ShardIteratorType)).toEqual(["AT_TIMESTAMP", "LATEST"]);
});

test("a start at a time that is long past and refused is fatal: at latest it would leave records out", async () => {
  append(1);
  fake.setFaults(faultsInTurn("GetShardIterator", [{ kind: "error", type: "InvalidArgumentException", message: "a bad timestamp" }]));
  const reading = read({ at: "timestamp", timestampMs: clock.nowMs() - 86_400_000 });
  await expect(reading.until(1)).rejects.toMatchObject({ code: "SPILLWAY_INVALID_OPTIONS", failureClass: "fatal" });
});

test("lag is what Kinesis says it is", async () => {
  append(2);
  clock.advance(5_000);
  source = open({ maxRecordsPerCall: 1 });
  const reading = read();
  await reading.until(2);
  expect(reading.batches.map(({ behindMs }) => behindMs)).toEqual([5_000, 0]);
});

test("an abort rejects a pull that waits for an answer, with the signal's reason", async () => {
  fake.setFaults(({ operation }) => (operation === "GetRecords" ? { kind: "answer-hangs" } : undefined));
  const reading = read();
  const pull = reading.iterator.next();
  await expect.poll(() => callsOf("GetRecords").length).toBe(1);
  reading.abort();
  await expect(pull).rejects.toThrow("stop");
  fake.setFaults(noFaults);
});

describe("the stream's retention", () => {
  const retentionIs = (hours: number) =>
    faultsInTurn("DescribeStreamSummary", [
      { kind: "altered", input: {}, answer: () => ({ StreamDescriptionSummary: { RetentionPeriodHours: hours } }) },
    ]);
  const hourMs = 3_600_000;

  /** Pulls until a batch tells this retention. */
  async function told(reading: ReturnType<typeof read>, retentionMs: number): Promise<void> {
    for (;;) {
      const { value } = await reading.iterator.next();
      if ((value as LogBatch<Payload>).retentionMs === retentionMs) return;
    }
  }

  test("is told with each batch, and asked for anew after ten minutes, because somebody may raise it", async () => {
    const reading = read();
    await told(reading, 24 * hourMs);
    const asked = callsOf("DescribeStreamSummary").length;
    fake.setFaults(retentionIs(168));
    await told(reading, 24 * hourMs);
    expect(callsOf("DescribeStreamSummary")).toHaveLength(asked);
    clock.advance(600_000);
    await told(reading, 168 * hourMs);
    expect(callsOf("DescribeStreamSummary").length).toBeGreaterThan(asked);
    reading.abort();
  });

  test("is left out where asking is not allowed, and reading goes on", async () => {
    fake.setFaults(faultsInTurn("DescribeStreamSummary", [error("AccessDeniedException")]));
    append(3);
    const reading = read();
    expect(await reading.until(3)).toEqual(upTo(3));
    while (callsOf("DescribeStreamSummary").length === 0) await reading.iterator.next();
    append(1);
    expect(await reading.until(4)).toEqual(upTo(4));
    expect(reading.batches.filter(({ retentionMs }) => retentionMs !== undefined)).toEqual([]);
    expect(callsOf("DescribeStreamSummary")).toHaveLength(1);
    reading.abort();
  });

  test("is not waited for: a call that hangs holds up no record", async () => {
    fake.setFaults(faultsInTurn("DescribeStreamSummary", [{ kind: "answer-hangs" }]));
    append(3);
    const reading = read();
    expect(await reading.until(3)).toEqual(upTo(3));
    reading.abort();
  });
});
