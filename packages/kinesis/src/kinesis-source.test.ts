import { KinesisClient } from "@aws-sdk/client-kinesis";
import { localClientConfig, startKinesisFake, type KinesisFake } from "@spillway-tools/aws-fakes";
import type { CheckpointStore, LeaseStore } from "@spillway/spec";
import { afterEach, beforeEach, expect, test } from "vitest";
import { kinesisSource } from "./kinesis-source.ts";

const { signal } = new AbortController();
const stores = { leases: {} as LeaseStore, checkpoints: {} as CheckpointStore };
let fake: KinesisFake;
let client: KinesisClient;

beforeEach(async () => {
  fake = await startKinesisFake({ shards: 5, listPageSize: 2 });
  client = new KinesisClient(localClientConfig(fake.endpoint));
});
afterEach(async () => {
  client.destroy();
  await fake.stop();
});

const partitionsOf = (options: { streamName: string } | { streamArn: string }) =>
  kinesisSource({ client, consumer: "charges", stores, ...options }).partitions({ signal });

test("shards are listed over all pages, with both parents of a merged one", async () => {
  const [one = "", other = ""] = fake.stream.shards().map(({ id }) => id);
  const merged = fake.stream.merge(one, other);
  const [left, right] = fake.stream.split(merged);
  const partitions = await partitionsOf({ streamName: fake.streamName });
  expect(partitions).toHaveLength(8);
  expect(partitions.slice(-3)).toEqual([
    { id: merged, parents: [one, other] },
    { id: left, parents: [merged] },
    { id: right, parents: [merged] },
  ]);
});

test("a listing whose token expired halfway begins anew", async () => {
  let lists = 0;
  fake.setFaults(({ operation }) => {
    lists += operation === "ListShards" ? 1 : 0;
    if (lists === 2) fake.expireListTokens();
    return undefined;
  });
  expect(await partitionsOf({ streamName: fake.streamName })).toHaveLength(5);
  expect(lists).toBe(5);
});

test("a listing whose tokens expire again and again is given up for the moment", async () => {
  fake.setFaults(({ operation, input }) => {
    if (operation === "ListShards" && input.NextToken !== undefined) fake.expireListTokens();
    return undefined;
  });
  await expect(partitionsOf({ streamName: fake.streamName })).rejects.toMatchObject({ code: "SPILLWAY_KINESIS_FAILED", retryable: true });
});

test("a stream named by its ARN has the same short name", () => {
  const source = kinesisSource({ client, consumer: "charges", stores, streamArn: "arn:aws:kinesis:us-east-1:000000000000:stream/orders" });
  expect(source.name).toBe("orders");
});

test("a stream can go by another name in checkpoints and dead letters", () => {
  const source = kinesisSource({ client, consumer: "charges", stores, streamName: "eu-orders", name: "orders" });
  expect(source.name).toBe("orders");
});

test.each([{ maxRecordsPerCall: 10_001 }, { callsPerSecondPerShard: 6 }, { idleMs: 0 }])("%o is refused at once", (option) => {
  expect(() => kinesisSource({ client, consumer: "charges", stores, streamName: "orders", ...option })).toThrow(/give a number from/);
});
