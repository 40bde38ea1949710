import { DynamoDBClient, PutItemCommand, ScanCommand, type AttributeValue } from "@aws-sdk/client-dynamodb";
import { hastyClock, localClientConfig, startDynalite, type JsonServer } from "@spillway-tools/aws-fakes";
import type { Clock, FencingToken, LogSource, PartitionId } from "@spillway/spec";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { dynamoDbStores, type DynamoDbStores } from "../dynamodb-stores.ts";
import { createTable } from "../testing/create-table.ts";
import { sourceOf } from "../testing/source-of.ts";
import { takeOverFromKcl, type TakeOverFromKclOptions } from "./take-over-from-kcl.ts";

const { signal } = new AbortController();
const sequence = "49590338271490256608559692538361571095921575989136588898";

let dynalite: JsonServer;
let client: DynamoDBClient;
let stores: DynamoDbStores;
let kclTableName = "";
let tables = 0;

beforeAll(async () => {
  dynalite = await startDynalite();
  client = new DynamoDBClient(localClientConfig(dynalite.endpoint));
});
afterAll(async () => {
  client.destroy();
  await dynalite.stop();
});
beforeEach(async () => {
  tables += 1;
  kclTableName = `charges-kcl-${tables}`;
  stores = dynamoDbStores({ client, tableName: `spillway-${tables}`, createTable: true });
  await createTable(client, kclTableName, { name: "leaseKey" });
});

/** A row as the library's DynamoDBLeaseSerializer writes it. */
async function row(leaseKey: string, checkpoint: string, more: Record<string, AttributeValue> = {}): Promise<void> {
  const Item = {
    leaseKey: { S: leaseKey },
    leaseOwner: { S: "worker-1" },
    leaseCounter: { N: "17" },
    ownerSwitchesSinceCheckpoint: { N: "0" },
    checkpoint: { S: checkpoint },
    checkpointSubSequenceNumber: { N: "0" },
    ...more,
  };
  await client.send(new PutItemCommand({ TableName: kclTableName, Item }));
}

function takeOver(source: LogSource<unknown>, more: Partial<TakeOverFromKclOptions> = {}) {
  return takeOverFromKcl({ client, kclTableName, source, signal, clock: hastyClock(), ...more });
}

async function saved(partition: string): Promise<unknown> {
  return stores.checkpoints.load({ scope: "charges/orders", partition: partition as PartitionId }, 1 as FencingToken, { signal });
}

const at = (from: object) => ({ state: "reading", from, done: [], attempting: undefined });

test("every kind of checkpoint is taken over as it is meant", async () => {
  await row("s-number", sequence, { checkpointSubSequenceNumber: { N: "3" } });
  await row("s-end", "SHARD_END", { childShardIds: { SS: ["s-number"] } });
  await row("s-trim", "TRIM_HORIZON");
  await row("s-latest", "LATEST");
  await row("s-time", "AT_TIMESTAMP");
  // The library once wrote a number here where bytes belong.
  await row("s-odd", sequence, { pendingCheckpointState: { N: "0" } });
  const clock = hastyClock();
  const calledAtMs = clock.nowMs();
  await takeOver(sourceOf(stores, "s-number", "s-end", "s-trim", "s-latest", "s-time", "s-odd"), { startTimestampMs: 5_000, clock });
  expect(await saved("s-number")).toEqual(at({ at: "after", position: `${sequence}:3` }));
  expect(await saved("s-end")).toEqual({ state: "finished" });
  expect(await saved("s-trim")).toEqual(at({ at: "earliest" }));
  // Not "latest", which would mean something else after a crash.
  expect(await saved("s-latest")).toEqual(at({ at: "timestamp", timestampMs: calledAtMs }));
  expect(await saved("s-time")).toEqual(at({ at: "timestamp", timestampMs: 5_000 }));
  expect(await saved("s-odd")).toEqual(at({ at: "after", position: `${sequence}:0` }));
});

test("a parent whose row the library has removed is finished, a child that it has not seen is read from its beginning", async () => {
  await row("merged", sequence);
  await takeOver(sourceOf(stores, "grand", "left<grand", "right<grand", "merged<left+right", "young<merged", "unrelated"));
  for (const ancestor of ["grand", "left", "right"]) expect(await saved(ancestor)).toEqual({ state: "finished" });
  for (const fresh of ["young", "unrelated"]) expect(await saved(fresh)).toEqual(at({ at: "earliest" }));
});

test("rows of other kinds and of other streams are left out", async () => {
  await row("000000000000:orders:1700000000:s-0", sequence, { streamName: { S: "orders" }, shardId: { S: "s-0" } });
  await row("000000000000:other:1700000000:s-0", "SHARD_END", { streamName: { S: "other" }, shardId: { S: "s-0" } });
  await client.send(
    new PutItemCommand({ TableName: kclTableName, Item: { leaseKey: { S: "Migration" }, entityType: { S: "CLIENT_VERSION_MIGRATION" } } }),
  );
  await takeOver(sourceOf(stores, "s-0"));
  expect(await saved("s-0")).toEqual(at({ at: "after", position: `${sequence}:0` }));
});

test("a source that goes by another name than its stream finds the stream's rows", async () => {
  await row("000000000000:invoices:1700000000:s-0", sequence, { streamName: { S: "invoices" }, shardId: { S: "s-0" } });
  await expect(takeOver(sourceOf(stores, "s-0"))).rejects.toMatchObject({ code: "SPILLWAY_INVALID_OPTIONS" });
  await takeOver(sourceOf(stores, "s-0"), { streamName: "invoices" });
  expect(await saved("s-0")).toEqual(at({ at: "after", position: `${sequence}:0` }));
});

test("nothing is taken over while a worker of the library lives", async () => {
  await row("s-0", sequence);
  const clock = hastyClock();
  const renewing: Clock = {
    ...clock,
    schedule: (delayMs, task) => clock.schedule(delayMs, () => void row("s-0", sequence, { leaseCounter: { N: "18" } }).then(task)),
  };
  await expect(takeOver(sourceOf(stores, "s-0"), { clock: renewing })).rejects.toMatchObject({ code: "SPILLWAY_CONFLICT" });
  expect(await saved("s-0")).toBeUndefined();
});

test("a consumer that has run already is not overwritten", async () => {
  await row("s-0", sequence);
  await row("s-1", sequence);
  await stores.checkpoints.load({ scope: "charges/orders", partition: "s-1" as PartitionId }, 1 as FencingToken, { signal });
  await expect(takeOver(sourceOf(stores, "s-0", "s-1"))).rejects.toMatchObject({ code: "SPILLWAY_CONFLICT", failureClass: "fatal" });
  expect(await saved("s-0")).toBeUndefined();
});

test("a take-over that was cut off may be made again", async () => {
  await row("s-0", sequence);
  await takeOver(sourceOf(stores, "s-0"));
  await row("s-0", "SHARD_END");
  await takeOver(sourceOf(stores, "s-0"));
  expect(await saved("s-0")).toEqual({ state: "finished" });
});

test("the library's table is never written", async () => {
  await row("s-0", sequence);
  const scan = () => client.send(new ScanCommand({ TableName: kclTableName }));
  const { Items } = await scan();
  await takeOver(sourceOf(stores, "s-0"));
  expect((await scan()).Items).toEqual(Items);
});

test.each([
  ["an empty table", undefined, "SPILLWAY_INVALID_OPTIONS"],
  ["a checkpoint that the library does not write", "SOMETHING", "SPILLWAY_FORMAT"],
  ["a start at a time that nobody names", "AT_TIMESTAMP", "SPILLWAY_FORMAT"],
])("%s is refused", async (_name, checkpoint, code) => {
  if (checkpoint !== undefined) await row("s-0", checkpoint);
  await expect(takeOver(sourceOf(stores, "s-0"))).rejects.toMatchObject({ code, failureClass: "fatal" });
});
