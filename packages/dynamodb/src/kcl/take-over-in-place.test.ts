import { DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import {
  faultsInTurn,
  hastyClock,
  kclWorker,
  localClientConfig,
  noFaults,
  startDynalite,
  startFaultProxy,
  type Faults,
  type JsonServer,
  type KclWorker,
} from "@spillway-tools/aws-fakes";
import type { Checkpoint, Clock, FencingToken, LogSource, PartitionId, Position } from "@spillway/spec";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { openKclTable, type KclTable } from "../testing/kcl-table.ts";
import { sourceOf } from "../testing/source-of.ts";
import type { KclStores } from "./kcl-stores.ts";
import type { TakeOverInPlaceOptions } from "./take-over-in-place.ts";

const { signal } = new AbortController();
const scope = "charges/orders";
const sequence = "49590338271490256608559692538361571095921575989136588898";

let dynalite: JsonServer;
let proxy: JsonServer;
let faults: Faults = noFaults;
let table: KclTable;
let stores: KclStores;
let java: KclWorker;

beforeAll(async () => {
  dynalite = await startDynalite();
  proxy = await startFaultProxy({ target: dynalite.endpoint, faults: (call) => faults(call) });
});
afterAll(async () => {
  await proxy.stop();
  await dynalite.stop();
});
beforeEach(async () => {
  table = openKclTable(proxy.endpoint);
  stores = table.stores();
  // Makes the table.
  await stores.leases.list(scope, { signal });
  java = kclWorker({ endpoint: dynalite.endpoint, tableName: table.kclTableName, workerId: "java-1" });
});
afterEach(async () => {
  faults = noFaults;
  await table.close();
});

function takeOver(source: LogSource<unknown>, more: Partial<TakeOverInPlaceOptions> = {}) {
  return stores.takeOver({ source, signal, clock: hastyClock(), ...more });
}

/** The lease's state and start, and the checkpoint as its next owner loads it. */
async function stateOf(shard: string): Promise<unknown> {
  const record = (await stores.leases.list(scope, { signal })).find(({ partition }) => partition === shard);
  if (record === undefined) return undefined;
  const token = (record.token + 1) as FencingToken;
  await stores.leases.compareAndSet(scope, record.version, { ...record, version: record.version + 1, token, owner: "ours#1" }, { signal });
  const checkpoint = await stores.checkpoints.load({ scope, partition: record.partition }, token, { signal });
  return { owner: record.owner, state: record.state, parents: record.parents, start: record.start, checkpoint };
}

const at = (from: object, more: object = {}) => ({ state: "reading", from, done: [], attempting: undefined, ...more });
const free = { owner: undefined, state: "open", parents: [], start: { at: "earliest" } };

test("a table that the library wrote is refused until it is taken over, and then goes on where every shard stopped", async () => {
  await java.create({ leaseKey: "s-number", checkpoint: "TRIM_HORIZON", owner: "java-1", parents: ["s-end"] });
  await java.checkpoint("s-number", sequence, 3);
  await java.create({ leaseKey: "s-end", checkpoint: "SHARD_END", owner: "java-2" });
  await java.create({ leaseKey: "s-trim", checkpoint: "TRIM_HORIZON", parents: ["s-end"] });
  await java.create({ leaseKey: "s-latest", checkpoint: "LATEST" });
  await java.create({ leaseKey: "s-time", checkpoint: "AT_TIMESTAMP" });
  await expect(stores.leases.list(scope, { signal })).rejects.toMatchObject({ code: "SPILLWAY_CONFLICT" });
  await takeOver(sourceOf(stores, "s-end", "s-number<s-end", "s-trim<s-end", "s-latest", "s-time"), { startTimestampMs: 5_000 });
  expect(await stateOf("s-number")).toEqual({
    ...free,
    parents: ["s-end"],
    checkpoint: at({ at: "after", position: `${sequence}:3` }),
  });
  expect(await stateOf("s-end")).toEqual({ ...free, state: "finished", checkpoint: { state: "finished" } });
  expect(await stateOf("s-trim")).toEqual({ ...free, parents: ["s-end"], checkpoint: undefined });
  // Without a checkpoint, so that the engine makes it the time at which it begins, and a crash skips nothing.
  expect(await stateOf("s-latest")).toEqual({ ...free, start: { at: "latest" }, checkpoint: undefined });
  expect(await stateOf("s-time")).toEqual({ ...free, start: { at: "timestamp", timestampMs: 5_000 }, checkpoint: undefined });
});

test("a shard that the library has forgotten is finished, one that it has not seen is read from its beginning", async () => {
  await java.create({ leaseKey: "merged", checkpoint: sequence });
  await takeOver(sourceOf(stores, "young<merged", "merged<left+right", "left<grand", "right<grand", "grand", "unrelated"));
  for (const [shard, parents] of [
    ["grand", []],
    ["left", ["grand"]],
    ["right", ["grand"]],
  ] as const) {
    expect(await stateOf(shard)).toEqual({ ...free, state: "finished", parents, checkpoint: undefined });
  }
  expect(await stateOf("young")).toEqual({ ...free, parents: ["merged"], checkpoint: undefined });
  expect(await stateOf("unrelated")).toEqual({ ...free, checkpoint: undefined });
  // And the library reads it so, should it come back.
  const leases = new Map((await java.list()).map(({ leaseKey, checkpoint }) => [leaseKey, checkpoint.sequenceNumber]));
  expect(Object.fromEntries(leases)).toEqual({
    grand: "SHARD_END",
    left: "SHARD_END",
    right: "SHARD_END",
    merged: sequence,
    young: "TRIM_HORIZON",
    unrelated: "TRIM_HORIZON",
  });
});

test("a take-over that was cut off anywhere is refused for running, and made again comes to the same", async () => {
  // The library has seen neither the parent nor the child.
  const source = sourceOf(stores, "other", "child<parent", "parent");
  const wholeAt = 3;
  for (let cut = 1; cut <= wholeAt; cut += 1) {
    table = openKclTable(proxy.endpoint);
    stores = table.stores();
    await stores.leases.list(scope, { signal });
    java = kclWorker({ endpoint: dynalite.endpoint, tableName: table.kclTableName, workerId: "java-1" });
    await java.create({ leaseKey: "other", checkpoint: sequence });
    let writes = 0;
    faults = ({ operation }) => {
      if (operation !== "PutItem" && operation !== "UpdateItem") return undefined;
      writes += 1;
      return writes >= cut ? { kind: "error", type: "AccessDeniedException" } : undefined;
    };
    await expect(takeOver(source)).rejects.toMatchObject({ failureClass: "fatal" });
    faults = noFaults;
    await expect(stores.leases.list(scope, { signal })).rejects.toMatchObject({ code: "SPILLWAY_CONFLICT" });
    await takeOver(source);
    expect(await stateOf("parent")).toEqual({ ...free, checkpoint: undefined });
    expect(await stateOf("child")).toEqual({ ...free, parents: ["parent"], checkpoint: undefined });
    expect(await stateOf("other")).toEqual({ ...free, checkpoint: at({ at: "after", position: `${sequence}:0` }) });
  }
});

test("nothing is taken over while a worker of the library lives", async () => {
  await java.create({ leaseKey: "s-0", checkpoint: sequence, owner: "java-1" });
  const clock = hastyClock();
  const renewing: Clock = { ...clock, schedule: (delayMs, task) => clock.schedule(delayMs, () => void java.renew("s-0").then(task)) };
  await expect(takeOver(sourceOf(stores, "s-0"), { clock: renewing })).rejects.toMatchObject({ code: "SPILLWAY_CONFLICT" });
  expect(await java.list()).toMatchObject([{ leaseOwner: "java-1" }]);
});

test("a lease that is written after the last look is not taken over", async () => {
  await java.create({ leaseKey: "s-0", checkpoint: sequence });
  const source = sourceOf(stores, "s-0");
  const woken: LogSource<unknown> = {
    ...source,
    async partitions(call) {
      await java.take("s-0");
      return source.partitions(call);
    },
  };
  await expect(takeOver(woken)).rejects.toMatchObject({ code: "SPILLWAY_CONFLICT" });
  expect(await java.list()).toMatchObject([{ leaseOwner: "java-1", leaseCounter: 1n }]);
});

test("a worker of the library that was only slow is refused by the counter, and so is one of ours from before its time", async () => {
  await takeOwnLease();
  await java.take("s-0");
  const [held] = await java.list();
  await takeOver(sourceOf(stores, "s-0"));
  // The library writes over the counter that it last saw.
  const late = new UpdateItemCommand({
    TableName: table.kclTableName,
    Key: { leaseKey: { S: "s-0" } },
    UpdateExpression: "SET leaseOwner = :me",
    ConditionExpression: "leaseCounter = :seen",
    ExpressionAttributeValues: { ":me": { S: "java-1" }, ":seen": { N: String(held?.leaseCounter) } },
  });
  await expect(table.client().send(late)).rejects.toThrow("conditional request failed");
  await expect(stores.checkpoints.save(ours, after("9"), 1 as FencingToken, { signal })).rejects.toMatchObject({
    code: "SPILLWAY_LEASE_LOST",
  });
  const [record] = await stores.leases.list(scope, { signal });
  expect(record).toMatchObject({ owner: undefined, version: 2, token: 2 });
});

test("what we knew beyond the checkpoint is known again if the library has not moved it, and forgotten if it has", async () => {
  const known: Checkpoint = {
    state: "reading",
    from: { at: "after", position: "7:2" as Position },
    done: ["9", "10"] as readonly string[] as readonly Position[],
    attempting: { position: "8" as Position, crashes: 1 },
    notes: ["a note"],
  };
  await takeOwnLease();
  await stores.checkpoints.save(ours, known, 1 as FencingToken, { signal });
  await java.take("s-0");
  await takeOver(sourceOf(stores, "s-0"));
  expect(await stateOf("s-0")).toMatchObject({ checkpoint: known });
  await java.checkpoint("s-0", "7", 3);
  await takeOver(sourceOf(stores, "s-0"));
  expect(await stateOf("s-0")).toMatchObject({ checkpoint: at({ at: "after", position: "7:3" }) });
});

test("a start at a time that is ours needs not be told again", async () => {
  await takeOwnLease();
  const from = { at: "timestamp", timestampMs: 5_000 } as const;
  await stores.checkpoints.save(ours, { state: "reading", from, done: [], attempting: undefined }, 1 as FencingToken, { signal });
  await java.take("s-0");
  await takeOver(sourceOf(stores, "s-0"));
  expect(await stateOf("s-0")).toMatchObject({ checkpoint: { from } });
});

test("where the library has not written since, nothing is changed", async () => {
  await takeOwnLease();
  const before = await java.list();
  expect(await takeOver(sourceOf(stores, "s-0"))).toEqual([]);
  expect(await java.list()).toEqual(before);
});

test("a lease whose take-over's answer was lost is known to be ours", async () => {
  await java.create({ leaseKey: "s-0", checkpoint: sequence });
  faults = faultsInTurn("UpdateItem", [{ kind: "answer-lost" }]);
  expect(await takeOver(sourceOf(stores, "s-0"))).toHaveLength(1);
  expect(await stateOf("s-0")).toMatchObject({ owner: undefined });
});

test("an empty table, several streams in one table, another consumer's table and a start at a time that nobody names are refused", async () => {
  await expect(takeOver(sourceOf(stores, "s-0"))).rejects.toMatchObject({ code: "SPILLWAY_INVALID_OPTIONS" });
  await java.create({ leaseKey: "s-0", checkpoint: "AT_TIMESTAMP" });
  await expect(takeOver(sourceOf(stores, "s-0"))).rejects.toMatchObject({ code: "SPILLWAY_FORMAT", failureClass: "fatal" });
  await takeOver(sourceOf(stores, "s-0"), { startTimestampMs: 1 });
  const source = sourceOf(stores, "s-0");
  const other = { ...source, coordination: { ...source.coordination, consumer: "audit" } } as LogSource<unknown>;
  await expect(takeOver(other)).rejects.toMatchObject({ code: "SPILLWAY_CONFLICT" });
  await java.create({ leaseKey: "000000000000:orders:1700000000:s-1", checkpoint: sequence });
  const client = new DynamoDBClient(localClientConfig(dynalite.endpoint));
  await client.send(
    new UpdateItemCommand({
      TableName: table.kclTableName,
      Key: { leaseKey: { S: "000000000000:orders:1700000000:s-1" } },
      UpdateExpression: "SET streamName = :name",
      ExpressionAttributeValues: { ":name": { S: "orders" } },
    }),
  );
  client.destroy();
  await expect(takeOver(sourceOf(stores, "s-0"))).rejects.toMatchObject({ code: "SPILLWAY_INVALID_OPTIONS", failureClass: "fatal" });
});

const ours = { scope, partition: "s-0" as PartitionId };
const after = (position: string): Checkpoint => ({ ...at({ at: "after", position }) }) as Checkpoint;

async function takeOwnLease(): Promise<void> {
  const record = { partition: ours.partition, parents: [], durationMs: 10_000, wantedBy: undefined, state: "open" } as const;
  const next = { ...record, version: 1, token: 1 as FencingToken, owner: "ours#0", start: { at: "earliest" } as const };
  await stores.leases.compareAndSet(scope, undefined, next, { signal });
  await stores.checkpoints.load(ours, next.token, { signal });
}
