import { DynamoDBClient, GetItemCommand, PutItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import {
  faultsInTurn,
  kclWorker,
  localClientConfig,
  noFaults,
  startDynalite,
  startFaultProxy,
  type Faults,
  type JsonServer,
  type KclWorker,
} from "@spillway-tools/aws-fakes";
import type { Checkpoint, CheckpointKey, FencingToken, LeaseRecord, PartitionId, Position, StartPosition } from "@spillway/spec";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTable } from "../testing/create-table.ts";
import { openKclTable, type KclTable } from "../testing/kcl-table.ts";
import { kclStores, type KclStores } from "./kcl-stores.ts";

const { signal } = new AbortController();
const scope = "charges/orders";
const sequence = "49590338271490256608559692538361571095921575989136588898";
const shard = "shardId-000000000000" as PartitionId;
const key: CheckpointKey = { scope, partition: shard };
const token = (value: number): FencingToken => value as FencingToken;

let dynalite: JsonServer;
let table: KclTable;
let stores: KclStores;
let java: KclWorker;

beforeAll(async () => {
  dynalite = await startDynalite();
});
afterAll(async () => {
  await table.close();
  await dynalite.stop();
});
beforeEach(() => {
  table = openKclTable(dynalite.endpoint);
  stores = table.stores();
  java = kclWorker({ endpoint: dynalite.endpoint, tableName: table.kclTableName, workerId: "java-1" });
});

function lease(changes: Partial<LeaseRecord> = {}): LeaseRecord {
  return {
    partition: shard,
    parents: [],
    version: 1,
    token: token(1),
    owner: "ours#1",
    durationMs: 10_000,
    wantedBy: undefined,
    state: "open",
    start: { at: "earliest" },
    ...changes,
  };
}

const after = (position: string, done: readonly string[] = []): Checkpoint => ({
  state: "reading",
  from: { at: "after", position: position as Position },
  done: done as readonly Position[],
  attempting: undefined,
});

/** Takes the lease and reads its checkpoint, as the engine does. */
async function own(changes: Partial<LeaseRecord> = {}): Promise<void> {
  const next = lease(changes);
  expect(await stores.leases.compareAndSet(scope, next.version === 1 ? undefined : next.version - 1, next, { signal })).toBe(true);
  await stores.checkpoints.load(key, next.token, { signal });
}

test("a lease that we hold is to the library one that is held and moves", async () => {
  await own({ parents: ["shardId-000000000008", "shardId-000000000009"] as readonly string[] as readonly PartitionId[] });
  expect(await java.list()).toEqual([
    {
      leaseKey: shard,
      leaseOwner: "ours#1",
      leaseCounter: 0n,
      ownerSwitchesSinceCheckpoint: 0n,
      checkpoint: { sequenceNumber: "TRIM_HORIZON", subSequenceNumber: 0n },
      pendingCheckpoint: undefined,
      pendingCheckpointState: undefined,
      parentShardIds: ["shardId-000000000008", "shardId-000000000009"],
      // Left out by us: half of the children would be worse than none, for which the library asks Kinesis.
      childShardIds: [],
      checkpointOwner: undefined,
    },
  ]);
  await stores.leases.compareAndSet(scope, 1, lease({ version: 2 }), { signal });
  await stores.checkpoints.save(key, after(sequence), token(1), { signal });
  expect(await java.list()).toMatchObject([{ leaseCounter: 2n, leaseOwner: "ours#1" }]);
});

test("a lease that we released is to the library one that nobody owns", async () => {
  await own();
  await stores.leases.compareAndSet(scope, 1, lease({ version: 2, owner: undefined }), { signal });
  const [released] = await java.list();
  expect(released?.leaseOwner).toBeUndefined();
});

test.each<[string, Checkpoint, string, bigint]>([
  ["a record", after(sequence), sequence, 0n],
  ["a user record of an aggregated one", after(`${sequence}:7`), sequence, 7n],
  ["a shard that is not begun", { state: "reading", from: { at: "earliest" }, done: [], attempting: undefined }, "TRIM_HORIZON", 0n],
  [
    "a start at a time",
    { state: "reading", from: { at: "timestamp", timestampMs: 5_000 }, done: [], attempting: undefined },
    "AT_TIMESTAMP",
    0n,
  ],
  ["a finished shard", { state: "finished" }, "SHARD_END", 0n],
])("the library reads %s as we mean it", async (_name, checkpoint, sequenceNumber, subSequenceNumber) => {
  await own();
  await stores.checkpoints.save(key, checkpoint, token(1), { signal });
  expect(await java.list()).toMatchObject([{ checkpoint: { sequenceNumber, subSequenceNumber }, ownerSwitchesSinceCheckpoint: 0n }]);
});

test.each<[StartPosition, LeaseRecord["state"], string]>([
  [{ at: "earliest" }, "open", "TRIM_HORIZON"],
  [{ at: "latest" }, "open", "LATEST"],
  [{ at: "timestamp", timestampMs: 5_000 }, "open", "AT_TIMESTAMP"],
  [{ at: "latest" }, "finished", "SHARD_END"],
])("a new lease that begins at %o and is %s says %s to the library", async (start, state, sequenceNumber) => {
  expect(await stores.leases.compareAndSet(scope, undefined, lease({ start, state }), { signal })).toBe(true);
  expect(await java.list()).toMatchObject([{ checkpoint: { sequenceNumber } }]);
});

test("a lease that is written as finished ends the shard for the library too", async () => {
  await own();
  await stores.leases.compareAndSet(scope, 1, lease({ version: 2, owner: undefined, state: "finished" }), { signal });
  expect(await java.list()).toMatchObject([{ checkpoint: { sequenceNumber: "SHARD_END" } }]);
});

test("a save ends what the library had begun: a pending checkpoint, a handover", async () => {
  await own();
  await table.client().send(
    new UpdateItemCommand({
      TableName: table.kclTableName,
      Key: { leaseKey: { S: shard } },
      UpdateExpression:
        "SET pendingCheckpoint = :p, pendingCheckpointSubSequenceNumber = :n, pendingCheckpointState = :b, checkpointOwner = :p",
      ExpressionAttributeValues: { ":p": { S: sequence }, ":n": { N: "1" }, ":b": { B: Uint8Array.of(1) } },
    }),
  );
  await stores.leases.compareAndSet(scope, 1, lease({ version: 2 }), { signal });
  await stores.checkpoints.save(key, after(sequence), token(1), { signal });
  expect(await java.list()).toMatchObject([
    { pendingCheckpoint: undefined, pendingCheckpointState: undefined, checkpointOwner: undefined },
  ]);
});

test("the engine's record of a consumer is in the other table, so that the library sees leases only", async () => {
  const first = lease({ partition: "spillway:first-seen" as PartitionId, owner: undefined, parents: [shard] });
  expect(await stores.leases.compareAndSet(scope, undefined, first, { signal })).toBe(true);
  expect(await stores.leases.compareAndSet(scope, undefined, first, { signal })).toBe(false);
  await own();
  expect((await java.list()).map(({ leaseKey }) => leaseKey)).toEqual([shard]);
  expect((await stores.leases.list(scope, { signal })).map(({ partition }) => partition)).toEqual([shard, first.partition]);
  expect(await stores.leases.remove(scope, first.partition, 1, { signal })).toBe(true);
  expect(await stores.leases.list(scope, { signal })).toHaveLength(1);
});

test.each<[string, (worker: KclWorker) => Promise<void>]>([
  ["takes", (worker) => worker.take(shard)],
  ["renews", (worker) => worker.renew(shard)],
  ["checkpoints", (worker) => worker.checkpoint(shard, sequence)],
])("when a worker of the library %s our lease, nothing of ours is written any more and ours stop", async (_name, write) => {
  await own();
  await stores.checkpoints.save(key, after("7"), token(1), { signal });
  await write(java);
  const before = await java.list();
  expect(await stores.leases.compareAndSet(scope, 1, lease({ version: 2 }), { signal })).toBe(false);
  await expect(stores.checkpoints.save(key, after("8"), token(1), { signal })).rejects.toMatchObject({ code: "SPILLWAY_LEASE_LOST" });
  await expect(stores.checkpoints.load(key, token(2), { signal })).rejects.toMatchObject({ code: "SPILLWAY_LEASE_LOST" });
  expect(await stores.leases.remove(scope, shard, 1, { signal })).toBe(false);
  await expect(stores.leases.list(scope, { signal })).rejects.toMatchObject({ code: "SPILLWAY_CONFLICT", failureClass: "fatal" });
  expect(await java.list()).toEqual(before);
});

test("a worker of the library that takes over keeps what we added to the row", async () => {
  await own();
  await stores.checkpoints.save(key, after("7", ["9"]), token(1), { signal });
  const ours = async (): Promise<unknown> => {
    const { Item } = await table.client().send(new GetItemCommand({ TableName: table.kclTableName, Key: { leaseKey: { S: shard } } }));
    return [Item?.spillwayLease, Item?.spillwayCheckpoint, Item?.spillwayCounter];
  };
  const before = await ours();
  await java.take(shard);
  await java.renew(shard);
  await java.checkpoint(shard, "8");
  expect(await ours()).toEqual(before);
});

test("a lease that is gone is lost, and is not made again by its last owner's save", async () => {
  await own();
  await java.remove(shard);
  await expect(stores.checkpoints.save(key, after("7"), token(1), { signal })).rejects.toMatchObject({ code: "SPILLWAY_LEASE_LOST" });
  expect(await java.list()).toEqual([]);
});

test.each([
  ["an upgrade to version 3", "Migration3.0", "CLIENT_VERSION_MIGRATION", { cv: { S: "CLIENT_VERSION_UPGRADE_FROM_2X" } }],
  ["an upgrade that may be rolled back", "Migration3.0", "CLIENT_VERSION_MIGRATION", { cv: { S: "CLIENT_VERSION_3X_WITH_ROLLBACK" } }],
  ["a state that nobody knows", "Migration3.0", "CLIENT_VERSION_MIGRATION", { cv: { S: "CLIENT_VERSION_9X" } }],
  ["a move of tables", "TableMigration3.5", "TABLE_MIGRATION", { tm: { S: "TABLE_MIGRATION_STATUS_PENDING" } }],
])("during %s the table is not touched, wherever that is written down", async (_name, row, entityType, state) => {
  await own();
  const client = table.client();
  await client.send(
    new PutItemCommand({
      TableName: table.kclTableName,
      Item: { leaseKey: { S: row }, entityType: { S: entityType }, ...state },
    }),
  );
  const refused = { code: "SPILLWAY_CONFLICT", failureClass: "fatal" };
  await expect(stores.leases.list(scope, { signal })).rejects.toMatchObject(refused);
  const coordinatorTableName = `${table.kclTableName}-states`;
  await createTable(client, coordinatorTableName, { name: "key" });
  await client.send(new PutItemCommand({ TableName: coordinatorTableName, Item: { key: { S: row }, ...state } }));
  const elsewhere = openKclTable(dynalite.endpoint).stores({ coordinatorTableName });
  await expect(elsewhere.leases.list(scope, { signal })).rejects.toMatchObject(refused);
});

test.each([
  ["version 2", "CLIENT_VERSION_2X"],
  ["version 3", "CLIENT_VERSION_3X"],
])("a table of %s that is not on its way to another is used", async (_name, version) => {
  await own();
  const Item = { leaseKey: { S: "Migration3.0" }, entityType: { S: "CLIENT_VERSION_MIGRATION" }, cv: { S: version } };
  await table.client().send(new PutItemCommand({ TableName: table.kclTableName, Item }));
  expect(await stores.leases.list(scope, { signal })).toEqual([lease()]);
});

test("a second consumer is refused on the table", async () => {
  await own();
  await expect(stores.leases.list("audit/orders", { signal })).rejects.toMatchObject({ code: "SPILLWAY_CONFLICT", failureClass: "fatal" });
});

test("what is no shard of Kinesis, and no position of one, is refused", async () => {
  const stream = lease({ partition: "2026-01-01T00:00:00.000/shardId-1" as PartitionId });
  await expect(stores.leases.compareAndSet(scope, undefined, stream, { signal })).rejects.toMatchObject({
    code: "SPILLWAY_INVALID_OPTIONS",
  });
  await own();
  await expect(stores.checkpoints.save(key, after("orders-7"), token(1), { signal })).rejects.toMatchObject({
    code: "SPILLWAY_INVALID_OPTIONS",
    failureClass: "fatal",
  });
});

test("maxDone that is no count is refused at once", () => {
  const client = new DynamoDBClient(localClientConfig(dynalite.endpoint));
  expect(() => openKclTable(dynalite.endpoint).stores({ client, maxDone: -1 })).toThrow(/maxDone is -1/);
  client.destroy();
});

test("a renewal and a save whose answers were lost are known to be ours, by the SDK's second try and by reading again", async () => {
  for (const maxAttempts of [3, 1]) {
    let faults: Faults = noFaults;
    const proxy = await startFaultProxy({ target: dynalite.endpoint, faults: (call) => faults(call) });
    const client = new DynamoDBClient(localClientConfig(proxy.endpoint, maxAttempts));
    table = openKclTable(dynalite.endpoint);
    stores = kclStores({ client, kclTableName: table.kclTableName, tableName: `${table.kclTableName}-own`, createTable: true });
    await own();
    faults = faultsInTurn("UpdateItem", [{ kind: "answer-lost" }]);
    expect(await stores.leases.compareAndSet(scope, 1, lease({ version: 2 }), { signal })).toBe(true);
    faults = faultsInTurn("UpdateItem", [{ kind: "answer-lost" }]);
    const saving = stores.checkpoints.save(key, after("10", ["12"]), token(1), { signal });
    // Without a second try nobody knows, and the engine saves again.
    if (maxAttempts === 1) await expect(saving).rejects.toMatchObject({ code: "SPILLWAY_DYNAMODB_FAILED", retryable: true });
    else await saving;
    expect(await stores.checkpoints.load(key, token(1), { signal })).toEqual(after("10", ["12"]));
    expect(await stores.leases.list(scope, { signal })).toEqual([lease({ version: 2 })]);
    client.destroy();
    await proxy.stop();
  }
});
