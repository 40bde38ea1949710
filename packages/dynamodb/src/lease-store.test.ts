import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  faultsInTurn,
  localClientConfig,
  noFaults,
  seededFaults,
  startDynalite,
  startFaultProxy,
  type Faults,
} from "@spillway-tools/aws-fakes";
import type { FencingToken, LeaseRecord, LeaseStore, PartitionId } from "@spillway/spec";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { dynamoDbStores } from "./dynamodb-stores.ts";

const { signal } = new AbortController();
const scope = "charges orders";

let dynalite: Awaited<ReturnType<typeof startDynalite>>;
let proxy: Awaited<ReturnType<typeof startFaultProxy>>;
let faults: Faults = noFaults;
let tables = 0;

beforeAll(async () => {
  dynalite = await startDynalite();
  proxy = await startFaultProxy({ target: dynalite.endpoint, faults: (call) => faults(call) });
});
afterAll(async () => {
  await proxy.stop();
  await dynalite.stop();
});
beforeEach(() => {
  tables += 1;
});
afterEach(() => {
  faults = noFaults;
});

function openStore(maxAttempts = 1): LeaseStore {
  const client = new DynamoDBClient(localClientConfig(proxy.endpoint, maxAttempts));
  return dynamoDbStores({ client, tableName: `leases-${tables}`, createTable: true }).leases;
}

function record(version: number, more: Partial<LeaseRecord> = {}): LeaseRecord {
  return {
    partition: "shard-1" as PartitionId,
    parents: ["shard-0" as PartitionId],
    version,
    token: version as FencingToken,
    owner: "worker-a",
    durationMs: 10_000,
    wantedBy: undefined,
    state: "open",
    start: { at: "earliest" },
    ...more,
  };
}

test("a write whose answer was lost is known to be ours: by the SDK's second try", async () => {
  const store = openStore(3);
  await store.list(scope, { signal });
  faults = faultsInTurn("PutItem", [{ kind: "answer-lost" }]);
  expect(await store.compareAndSet(scope, undefined, record(1), { signal })).toBe(true);
  expect(await store.list(scope, { signal })).toEqual([record(1)]);
});

test("a write whose answer was lost is known to be ours: by reading again", async () => {
  const store = openStore();
  await store.list(scope, { signal });
  faults = faultsInTurn("PutItem", [{ kind: "answer-lost" }]);
  expect(await store.compareAndSet(scope, undefined, record(1), { signal })).toBe(true);
});

test("a write that may still arrive is a rejection, not a no", async () => {
  const store = openStore();
  await store.compareAndSet(scope, undefined, record(1), { signal });
  faults = faultsInTurn("PutItem", [{ kind: "request-lost" }]);
  await expect(store.compareAndSet(scope, 1, record(2), { signal })).rejects.toMatchObject({ code: "SPILLWAY_DYNAMODB_FAILED" });
});

test("the same record written by somebody else is not taken for ours", async () => {
  const store = openStore(3);
  expect(await store.compareAndSet(scope, undefined, record(1, { owner: undefined }), { signal })).toBe(true);
  expect(await openStore().compareAndSet(scope, undefined, record(1, { owner: undefined }), { signal })).toBe(false);
});

test("of twenty workers that take a lease at once, with answers lost, exactly one has it", async () => {
  const first = openStore();
  await first.compareAndSet(scope, undefined, record(1, { owner: undefined }), { signal });
  faults = seededFaults({ seed: 7, probability: 0.3, operations: ["PutItem"], faults: [{ kind: "answer-lost" }] });
  const taken = await Promise.all(
    Array.from({ length: 20 }, async (_, worker) => ({
      owner: `worker-${worker}`,
      won: await openStore(3).compareAndSet(scope, 1, record(2, { owner: `worker-${worker}` }), { signal: new AbortController().signal }),
    })),
  );
  const winners = taken.filter(({ won }) => won).map(({ owner }) => owner);
  const [stored] = await first.list(scope, { signal });
  expect(winners).toEqual([stored?.owner]);
});

test("a list longer than one page is complete", async () => {
  const store = openStore();
  const parents = Array.from({ length: 200 }, (_, index) => `parent-${index}-${"x".repeat(1_500)}` as PartitionId);
  const records = Array.from({ length: 5 }, (_, index) => record(1, { partition: `shard-${index}` as PartitionId, parents }));
  for (const each of records) expect(await store.compareAndSet(scope, undefined, each, { signal })).toBe(true);
  const partitions = (await store.list(scope, { signal })).map(({ partition }) => partition);
  expect(partitions.toSorted()).toEqual(records.map(({ partition }) => partition));
});

test("the checkpoints of a scope are not listed as its leases, nor those of another scope", async () => {
  const client = new DynamoDBClient(localClientConfig(proxy.endpoint));
  const stores = dynamoDbStores({ client, tableName: `leases-${tables}`, createTable: true });
  await stores.checkpoints.load({ scope, partition: "shard-1" as PartitionId }, 1 as FencingToken, { signal });
  await stores.leases.compareAndSet(`${scope} too`, undefined, record(1), { signal });
  expect(await stores.leases.list(scope, { signal })).toEqual([]);
});
