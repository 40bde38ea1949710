import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import {
  faultsInTurn,
  localClientConfig,
  noFaults,
  startDynalite,
  startFaultProxy,
  type Fault,
  type Faults,
} from "@spillway-tools/aws-fakes";
import type { Checkpoint, CheckpointKey, CheckpointStore, FencingToken, PartitionId, Position } from "@spillway/spec";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { maxDoneBytes } from "./checkpoint-item.ts";
import { dynamoDbStores } from "./dynamodb-stores.ts";

const { signal } = new AbortController();
const answerLost: Fault = { kind: "answer-lost" };
const token = (value: number): FencingToken => value as FencingToken;
const after = (position: string, done: readonly string[] = []): Checkpoint => ({
  state: "reading",
  from: { at: "after", position: position as Position },
  done: done as readonly Position[],
  attempting: undefined,
});

let dynalite: Awaited<ReturnType<typeof startDynalite>>;
let proxy: Awaited<ReturnType<typeof startFaultProxy>>;
let faults: Faults = noFaults;
let tables = 0;
let tableName = "";
let key: CheckpointKey;

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
  tableName = `checkpoints-${tables}`;
  key = { scope: "charges orders", partition: "shard-0" as PartitionId };
});
afterEach(() => {
  faults = noFaults;
});

function openStore(options: { maxAttempts?: number; maxDone?: number } = {}): CheckpointStore {
  const client = new DynamoDBClient(localClientConfig(proxy.endpoint, options.maxAttempts ?? 1));
  return dynamoDbStores({ client, tableName, createTable: true, ...(options.maxDone !== undefined && { maxDone: options.maxDone }) })
    .checkpoints;
}

describe("a save whose answer was lost", () => {
  test("counts as saved when the SDK sends it again", async () => {
    const store = openStore({ maxAttempts: 3 });
    await store.load(key, token(1), { signal });
    faults = faultsInTurn("PutItem", [answerLost]);
    await store.save(key, after("10", ["12"]), token(1), { signal });
    expect(await store.load(key, token(1), { signal })).toEqual(after("10", ["12"]));
  });

  test("rejects as unknown when the SDK does not, and may be saved again", async () => {
    const store = openStore();
    await store.load(key, token(1), { signal });
    faults = faultsInTurn("PutItem", [answerLost]);
    await expect(store.save(key, after("10"), token(1), { signal })).rejects.toMatchObject({
      code: "SPILLWAY_DYNAMODB_FAILED",
      retryable: true,
    });
    await store.save(key, after("11"), token(1), { signal });
    expect(await store.load(key, token(1), { signal })).toEqual(after("11"));
  });

  test("is lost to its writer when a new owner came between", async () => {
    const store = openStore({ maxAttempts: 3 });
    await store.load(key, token(1), { signal });
    const successor = openStore();
    faults = (call) => {
      if (call.operation !== "PutItem") return undefined;
      faults = noFaults;
      return answerLost;
    };
    const saving = store.save(key, after("10"), token(1), { signal });
    await successor.load(key, token(2), { signal });
    // Either the save was through before the new owner came, or it is refused: never is the successor overwritten.
    await saving.catch((error: unknown) => expect(error).toMatchObject({ code: "SPILLWAY_LEASE_LOST" }));
    await successor.save(key, after("20"), token(2), { signal });
    await expect(store.save(key, after("11"), token(1), { signal })).rejects.toMatchObject({ code: "SPILLWAY_LEASE_LOST" });
    expect(await successor.load(key, token(2), { signal })).toEqual(after("20"));
  });
});

test("a save that the network delivers late does not undo a newer one", async () => {
  const store = openStore();
  await store.load(key, token(1), { signal });
  let late: (() => Promise<void>) | undefined;
  faults = (call) => {
    if (call.operation !== "PutItem") return undefined;
    // Keep the request, as a slow network would, and tell the client that its connection broke.
    late = async () => {
      await fetch(proxy.endpoint, {
        method: "POST",
        headers: { "x-amz-target": "DynamoDB_20120810.PutItem", "content-type": "application/x-amz-json-1.0" },
        body: JSON.stringify(call.input),
      });
    };
    faults = noFaults;
    return { kind: "request-lost" };
  };
  await expect(store.save(key, after("10"), token(1), { signal })).rejects.toMatchObject({ code: "SPILLWAY_DYNAMODB_FAILED" });
  await store.save(key, after("11"), token(1), { signal });
  await late?.();
  expect(late).toBeDefined();
  expect(await store.load(key, token(1), { signal })).toEqual(after("11"));
});

test("beyond maxDone the earliest positions are kept", async () => {
  const store = openStore({ maxDone: 2 });
  await store.save(key, after("10", ["12", "13", "14"]), token(1), { signal });
  expect(await store.load(key, token(1), { signal })).toEqual(after("10", ["12", "13"]));
});

test("positions too long for one item are cut to what fits, so the save goes through", async () => {
  const store = openStore({ maxDone: 1_000 });
  const long = Array.from({ length: 1_000 }, (_, index) => String(index).padStart(1_000, "0"));
  await store.save(key, after("10", long), token(1), { signal });
  const loaded = await store.load(key, token(1), { signal });
  const done = loaded?.state === "reading" ? loaded.done : [];
  expect(done).toEqual(long.slice(0, done.length));
  expect(done.length).toBe(Math.floor(maxDoneBytes / 1_001));
});

test("the record of an attempt and a timestamp start come back as they were saved", async () => {
  const store = openStore();
  const checkpoint: Checkpoint = {
    state: "reading",
    from: { at: "timestamp", timestampMs: 1_700_000_000_123 },
    done: [],
    attempting: { position: "11" as Position, crashes: 2 },
  };
  await store.save(key, checkpoint, token(1), { signal });
  expect(await store.load(key, token(2), { signal })).toEqual(checkpoint);
  await store.save(key, { state: "finished" }, token(2), { signal });
  expect(await store.load(key, token(2), { signal })).toEqual({ state: "finished" });
});

test("throttling is transient, a missing permission is fatal", async () => {
  const store = openStore();
  await store.load(key, token(1), { signal });
  faults = faultsInTurn("PutItem", [
    { kind: "error", type: "ProvisionedThroughputExceededException" },
    { kind: "error", type: "AccessDeniedException" },
  ]);
  await expect(store.save(key, after("1"), token(1), { signal })).rejects.toMatchObject({ failureClass: "transient" });
  await expect(store.save(key, after("1"), token(1), { signal })).rejects.toMatchObject({ failureClass: "fatal" });
});

test("an abort ends a save that gets no answer", async () => {
  const store = openStore();
  await store.load(key, token(1), { signal });
  const controller = new AbortController();
  const reason = new Error("stop");
  faults = (call) => {
    if (call.operation === "PutItem") queueMicrotask(() => controller.abort(reason));
    return call.operation === "PutItem" ? { kind: "answer-hangs" } : undefined;
  };
  await expect(store.save(key, after("1"), token(1), { signal: controller.signal })).rejects.toBe(reason);
});

test("an item names its scope and partition, so that an operator finds it", async () => {
  const store = openStore();
  await store.save(key, after("10"), token(7), { signal });
  const client = new DynamoDBClient(localClientConfig(dynalite.endpoint));
  const { Item } = await client.send(
    new GetItemCommand({ TableName: tableName, Key: { scope: { S: key.scope }, item: { S: `checkpoint#${key.partition}` } } }),
  );
  client.destroy();
  expect(Item).toMatchObject({ fence: { N: "7" }, state: { S: "reading" }, format: { N: "1" } });
});
