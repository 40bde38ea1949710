import { KinesisClient } from "@aws-sdk/client-kinesis";
import { faultsInTurn, hastyClock, localClientConfig, startKinesisFake, type KinesisFake } from "@spillway-tools/aws-fakes";
import type { CheckpointStore, LeaseStore, PartitionId } from "@spillway/spec";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { kinesisSource } from "./kinesis-source.ts";
import { shardReading } from "./testing/shard-reading.ts";

const stores = { leases: {} as LeaseStore, checkpoints: {} as CheckpointStore };
const shard = "shardId-000000000000" as PartitionId;
const { signal } = new AbortController();

let fake: KinesisFake;
let client: KinesisClient;
let put = 0;

beforeEach(async () => {
  fake = await startKinesisFake();
  client = new KinesisClient(localClientConfig(fake.endpoint));
  put = 0;
});
afterEach(async () => {
  client.destroy();
  await fake.stop();
});

/** Puts so many records: "0", "1", … */
function append(count: number): void {
  for (let n = 0; n < count; n += 1) {
    fake.stream.put({ partitionKey: "a", data: Buffer.from(String(put)) });
    put += 1;
  }
}

function read(partition = shard) {
  const source = kinesisSource({ client, streamName: fake.streamName, consumer: "charges", stores, clock: hastyClock() });
  return shardReading(source.read(partition, { from: { at: "earliest" }, signal }));
}

const callsOf = (operation: string) => fake.calls.filter((call) => call.operation === operation);

describe("the end of a shard", () => {
  test("comes after its last record", async () => {
    append(3);
    fake.stream.split(shard);
    const reading = read();
    expect(await reading.until(99)).toEqual(["0", "1", "2"]);
    expect(await reading.iterator.next()).toEqual({ done: true, value: undefined });
  });

  test("brings the children that Kinesis names, with all of their parents, and asks for no listing", async () => {
    append(3);
    const [left, right] = fake.stream.split(shard);
    const splitting = read();
    await splitting.until(99);
    expect(splitting.batches.flatMap(({ children }) => children ?? [])).toEqual([
      { id: left, parents: [shard] },
      { id: right, parents: [shard] },
    ]);
    const merged = fake.stream.merge(left, right);
    const merging = read(left as PartitionId);
    await merging.until(99);
    expect(merging.batches.flatMap(({ children }) => children ?? [])).toEqual([{ id: merged, parents: [left, right] }]);
    expect(callsOf("ListShards")).toEqual([]);
  });

  test.each([
    ["names no children", undefined],
    ["names what is no child of this shard", [{ ShardId: "shardId-000000000009", ParentShards: ["shardId-000000000008"] }]],
  ])("is looked up in the listing where the answer %s", async (_name, ChildShards) => {
    append(1);
    fake.stream.split(shard);
    fake.setFaults((call) =>
      call.operation === "GetRecords"
        ? { kind: "altered", input: call.input, answer: (output) => ({ ...output, ChildShards }) }
        : undefined,
    );
    const reading = read();
    expect(await reading.until(99)).toEqual(["0"]);
    expect(reading.batches.flatMap(({ children }) => children ?? [])).toEqual([]);
    expect(callsOf("ListShards")).toHaveLength(1);
  });

  test("is not believed while the listing shows the shard open", async () => {
    append(1);
    fake.setFaults((call) =>
      call.operation === "GetRecords"
        ? { kind: "altered", input: call.input, answer: (output) => ({ ...output, NextShardIterator: undefined }) }
        : undefined,
    );
    const reading = read();
    await expect(reading.until(2)).rejects.toMatchObject({ code: "SPILLWAY_KINESIS_FAILED", retryable: true });
    expect(reading.texts).toEqual(["0"]);
  });

  test("of a shard that Kinesis has forgotten is told as a loss", async () => {
    append(2);
    fake.stream.split(shard);
    fake.stream.forget(shard);
    const reading = read();
    expect(await reading.until(1)).toEqual([]);
    expect(reading.batches).toMatchObject([{ messages: [], lost: { count: undefined } }]);
  });

  test("of a shard that is listed though it was not found is not the end", async () => {
    fake.setFaults(faultsInTurn("GetRecords", [{ kind: "error", type: "ResourceNotFoundException" }]));
    await expect(read().until(1)).rejects.toMatchObject({ code: "SPILLWAY_KINESIS_FAILED", retryable: true });
  });
});
