import { KinesisClient } from "@aws-sdk/client-kinesis";
import { faultsInTurn, hastyClock, localClientConfig, seededRandom, startKinesisFake, type KinesisFake } from "@spillway-tools/aws-fakes";
import { succeeded, type OutgoingMessage, type Payload } from "@spillway/spec";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { kinesisSink } from "./kinesis-sink.ts";

const { signal } = new AbortController();
const mebibyte = 1_048_576;

let fake: KinesisFake;
let client: KinesisClient;

beforeEach(async () => {
  fake = await startKinesisFake({ shards: 4 });
  client = new KinesisClient(localClientConfig(fake.endpoint));
});
afterEach(async () => {
  client.destroy();
  await fake.stop();
});

const open = (retries = 3) => kinesisSink({ client, streamName: fake.streamName, clock: hastyClock(), retries });
const message = (key: string, bytes = 10): OutgoingMessage<Payload> => ({ key, value: Buffer.alloc(bytes, key) });
const puts = () => fake.calls.filter(({ operation }) => operation === "PutRecords");
const keysOf = (call: (typeof fake.calls)[number]) =>
  (call.input.Records as { PartitionKey: string }[]).map(({ PartitionKey }) => PartitionKey);
const storedKeys = () => fake.stream.shards().flatMap(({ records }) => records.map(({ partitionKey }) => partitionKey));

describe("records that Kinesis did not take", () => {
  test("are sent again alone, and every result is at its message's place", async () => {
    const random = seededRandom(3);
    const failures = new Map<string, number>();
    fake.setEntryFaults((key) => {
      if (random() < 0.6 || (failures.get(key) ?? 0) > 3) return undefined;
      failures.set(key, (failures.get(key) ?? 0) + 1);
      return random() < 0.5 ? "ProvisionedThroughputExceededException" : "InternalFailure";
    });
    const keys = Array.from({ length: 200 }, (_, n) => `key-${n}`);
    const results = await open(10).write(
      keys.map((key) => message(key)),
      { signal },
    );
    expect(results).toEqual(keys.map(() => succeeded));
    expect(storedKeys().toSorted()).toEqual(keys.toSorted());
    expect(puts().length).toBeGreaterThan(1);
  });

  test("fail as transient after a bounded number of tries, the others being stored", async () => {
    fake.setEntryFaults((key) => (key === "hot" ? "ProvisionedThroughputExceededException" : undefined));
    const results = await open(2).write([message("a"), message("hot"), message("b"), message("hot")], { signal });
    expect(results).toMatchObject([
      { ok: true },
      { ok: false, error: { code: "SPILLWAY_KINESIS_FAILED", failureClass: "transient" } },
      { ok: true },
      { ok: false, error: { code: "SPILLWAY_KINESIS_FAILED" } },
    ]);
    expect(puts().map(keysOf)).toEqual([
      ["a", "hot", "b", "hot"],
      ["hot", "hot"],
      ["hot", "hot"],
    ]);
  });

  test("because the whole request was throttled are sent again too", async () => {
    fake.setFaults(faultsInTurn("PutRecords", [{ kind: "error", type: "ProvisionedThroughputExceededException" }]));
    expect(await open().write([message("a")], { signal })).toEqual([succeeded]);
    expect(storedKeys()).toEqual(["a"]);
  });
});

describe("an answer that was lost", () => {
  test("is a rejection that says so: the record may be stored", async () => {
    fake.setFaults(faultsInTurn("PutRecords", [{ kind: "answer-lost" }]));
    await expect(open().write([message("a")], { signal })).rejects.toMatchObject({ code: "SPILLWAY_OUTCOME_UNKNOWN", retryable: true });
    expect(storedKeys()).toEqual(["a"]);
  });

  test("of one request of a write does not make the others unknown", async () => {
    fake.setFaults(faultsInTurn("PutRecords", [{ kind: "answer-lost" }]));
    const large = Array.from({ length: 8 }, (_, n) => message(`key-${n}`, mebibyte - 100));
    const results = await open().write(large, { signal });
    expect(results.map(({ ok }) => ok)).toEqual([false, false, false, false, false, true, true, true]);
    for (const result of results) if (!result.ok) expect(result.error).toMatchObject({ code: "SPILLWAY_OUTCOME_UNKNOWN" });
  });

  test("of another length than the request is a mismatch, not a success", async () => {
    fake.setFaults(
      faultsInTurn("PutRecords", [{ kind: "altered", input: undefined, answer: () => ({ FailedRecordCount: 0, Records: [] }) }]),
    );
    await expect(open().write([message("a")], { signal })).rejects.toMatchObject({ code: "SPILLWAY_RESULT_MISMATCH" });
  });
});

describe("limits", () => {
  test("a record over 1 MiB fails alone, without a call, once the stream's limit is known", async () => {
    const sink = open();
    const results = await sink.write([message("a"), message("b", mebibyte), message("c")], { signal });
    expect(results).toMatchObject([
      { ok: true },
      { ok: false, error: { code: "SPILLWAY_OVERSIZE", failureClass: "permanent" } },
      { ok: true },
    ]);
    await sink.write([message("d", 2 * mebibyte)], { signal });
    expect(fake.calls.filter(({ operation }) => operation === "DescribeStreamSummary")).toHaveLength(1);
    expect(storedKeys().toSorted()).toEqual(["a", "c"]);
  });

  test("a stream that is set to larger records gets them", async () => {
    await fake.stop();
    fake = await startKinesisFake({ maxRecordSizeKiB: 10_240 });
    client = new KinesisClient(localClientConfig(fake.endpoint));
    expect(await open().write([message("a", 3 * mebibyte), message("b", 3 * mebibyte)], { signal })).toEqual([succeeded, succeeded]);
    expect(puts()).toHaveLength(2);
  });

  test("a request holds at most 500 records and 5 MiB", async () => {
    expect(open().traits).toEqual({ maxBatchSize: 500, order: "none" });
    const results = await open().write(
      Array.from({ length: 12 }, (_, n) => message(`key-${n}`, mebibyte - 100)),
      { signal },
    );
    expect(results.every(({ ok }) => ok)).toBe(true);
    expect(puts().map((call) => keysOf(call).length)).toEqual([5, 5, 2]);
  });
});

test("a missing stream or permission is fatal", async () => {
  fake.setFaults(faultsInTurn("PutRecords", [{ kind: "error", type: "AccessDeniedException" }]));
  await expect(open().write([message("a")], { signal })).rejects.toMatchObject({ code: "SPILLWAY_KINESIS_DENIED", failureClass: "fatal" });
  fake.deleteStream();
  await expect(open().write([message("a")], { signal })).rejects.toMatchObject({
    code: "SPILLWAY_KINESIS_NOT_FOUND",
    failureClass: "fatal",
  });
});

test("a plain message is stored as its bytes, under its key, so that any consumer can read it", async () => {
  await open().write([{ key: "customer-7", value: Buffer.from('{"total":3}') }, { value: Buffer.from("no key") }], { signal });
  const records = fake.stream.shards().flatMap((each) => each.records);
  const texts = records.map(({ partitionKey, data }) => [partitionKey.slice(0, 15), Buffer.from(data).toString()]);
  expect(texts.toSorted()).toEqual([
    ["customer-7", '{"total":3}'],
    ["spillway:no-key", "no key"],
  ]);
});

test("a sink goes by its stream's name, or by another that it was given", () => {
  const names = [{}, { name: "orders" }].map((option) => kinesisSink({ client, streamName: "eu-orders", ...option }).name);
  expect(names).toEqual(["eu-orders", "orders"]);
});
