import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { localClientConfig, noFaults, startDynalite, startFaultProxy, type FakeCall, type Faults } from "@spillway-tools/aws-fakes";
import type { Checkpoint, CheckpointStore, FencingToken, LeaseRecord, LeaseStore, PartitionId } from "@spillway/spec";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dynamoDbStores } from "./dynamodb-stores.ts";
import { kclStores } from "./kcl/kcl-stores.ts";

const { signal } = new AbortController();
const scope = "charges/orders";
const partition = "shardId-000000000000" as PartitionId;
const token = 1 as FencingToken;
const reads: FakeCall[] = [];

let dynalite: Awaited<ReturnType<typeof startDynalite>>;
let proxy: Awaited<ReturnType<typeof startFaultProxy>>;
let client: DynamoDBClient;
let faults: Faults = noFaults;

beforeAll(async () => {
  dynalite = await startDynalite();
  proxy = await startFaultProxy({
    target: dynalite.endpoint,
    faults(call) {
      if (["Query", "Scan", "GetItem", "BatchGetItem"].includes(call.operation)) reads.push(call);
      return faults(call);
    },
  });
  client = new DynamoDBClient(localClientConfig(proxy.endpoint, 3));
});
afterAll(async () => {
  client.destroy();
  await proxy.stop();
  await dynalite.stop();
});

const record = (version: number): LeaseRecord => ({
  partition,
  parents: [],
  version,
  token,
  owner: "ours#1",
  durationMs: 10_000,
  wantedBy: undefined,
  state: "open",
  start: { at: "earliest" },
});
const checkpoint: Checkpoint = { state: "reading", from: { at: "earliest" }, done: [], attempting: undefined };

/** Uses each call, and each write also with its answer lost, so that it is looked for. */
async function use({ leases, checkpoints }: { readonly leases: LeaseStore; readonly checkpoints: CheckpointStore }): Promise<void> {
  const loseNextAnswer = (): void => {
    let isLost = false;
    faults = ({ operation }) => {
      if (isLost || !["PutItem", "UpdateItem"].includes(operation)) return undefined;
      isLost = true;
      return { kind: "answer-lost" };
    };
  };
  await leases.list(scope, { signal });
  expect(await leases.compareAndSet(scope, undefined, record(1), { signal })).toBe(true);
  loseNextAnswer();
  expect(await leases.compareAndSet(scope, 1, record(2), { signal })).toBe(true);
  await checkpoints.load({ scope, partition }, token, { signal });
  loseNextAnswer();
  await checkpoints.save({ scope, partition }, checkpoint, token, { signal });
  faults = noFaults;
  expect(await leases.list(scope, { signal })).toEqual([record(2)]);
  await leases.remove(scope, partition, 2, { signal });
}

test.each([
  ["dynamoDbStores", ["GetItem", "Query"], () => dynamoDbStores({ client, tableName: "stores", createTable: true })],
  ["kclStores", ["GetItem", "Query", "Scan"], () => kclStores({ client, kclTableName: "kcl", tableName: "own", createTable: true })],
] as const)("whatever %s read is read strongly consistent", async (_name, kinds, open) => {
  reads.length = 0;
  await use(open());
  expect([...new Set(reads.map(({ operation }) => operation))].toSorted()).toEqual(kinds);
  expect(reads.filter(({ input }) => input.ConsistentRead !== true)).toEqual([]);
});
