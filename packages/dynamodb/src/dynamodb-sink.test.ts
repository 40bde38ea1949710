import { DynamoDBClient, ScanCommand, type AttributeValue } from "@aws-sdk/client-dynamodb";
import {
  faultsInTurn,
  localClientConfig,
  noFaults,
  startDynalite,
  startFaultProxy,
  type FakeCall,
  type Faults,
} from "@spillway-tools/aws-fakes";
import { succeeded, type Clock, type OutgoingMessage } from "@spillway/spec";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { dynamoDbSink } from "./dynamodb-sink.ts";
import { createTable } from "./testing/create-table.ts";
import type { TableItem, TableWrite, WriteCondition } from "./table-write.ts";

interface Order {
  readonly id: string;
  readonly amount: string;
  readonly onlyIf?: WriteCondition;
}

const { signal } = new AbortController();
/** Waits pass at once, so that backoff costs a test nothing. */
const hastyClock: Clock = {
  nowMs: () => 0,
  schedule: (_delayMs, task) => {
    setImmediate(task);
    return () => undefined;
  },
  defer: (task) => {
    setImmediate(task);
    return () => undefined;
  },
  random: () => 0.5,
};

let dynalite: Awaited<ReturnType<typeof startDynalite>>;
let proxy: Awaited<ReturnType<typeof startFaultProxy>>;
let faults: Faults = noFaults;
let calls: FakeCall[] = [];
let tables = 0;
let tableName = "";
let client: DynamoDBClient;

beforeAll(async () => {
  dynalite = await startDynalite();
  proxy = await startFaultProxy({
    target: dynalite.endpoint,
    faults: (call) => {
      calls.push(call);
      return faults(call);
    },
  });
});
afterAll(async () => {
  await proxy.stop();
  await dynalite.stop();
});
beforeEach(async () => {
  tables += 1;
  tableName = `orders-${tables}`;
  client = new DynamoDBClient(localClientConfig(proxy.endpoint, 3));
  await createTable(client, tableName, { name: "id" });
  calls = [];
});
afterEach(() => {
  faults = noFaults;
  client.destroy();
});

const sink = () =>
  dynamoDbSink<Order>({
    client,
    tableName,
    keyAttributes: ["id"],
    clock: hastyClock,
    toWrite: ({ value }) => {
      if (value.amount === "unreadable") throw new Error("no amount");
      const item: Record<string, AttributeValue> = { amount: { N: value.amount } };
      if (value.id !== "") item.id = { S: value.id };
      return { put: item, ...(value.onlyIf && { onlyIf: value.onlyIf }) };
    },
  });
const order = (id: string, amount = "1", onlyIf?: WriteCondition): OutgoingMessage<Order> => ({
  value: { id, amount, ...(onlyIf && { onlyIf }) },
});
const isNew = (whenRefused: WriteCondition["whenRefused"]): WriteCondition => ({ expression: "attribute_not_exists(id)", whenRefused });

async function stored(): Promise<Record<string, string | undefined>> {
  const { Items } = await client.send(new ScanCommand({ TableName: tableName, ConsistentRead: true }));
  return Object.fromEntries((Items ?? []).map(({ id, amount }): [string, string | undefined] => [id?.S ?? "", amount?.N]));
}

test("only unprocessed items are tried again, and each message has its own result", async () => {
  faults = (call) => {
    if (call.operation !== "BatchWriteItem") return undefined;
    faults = noFaults;
    const requests = (call.input.RequestItems as Record<string, unknown[]>)[tableName] ?? [];
    return {
      kind: "altered",
      input: { RequestItems: { [tableName]: requests.slice(0, 2) } },
      answer: () => ({ UnprocessedItems: { [tableName]: requests.slice(2) } }),
    };
  };
  expect(
    await sink().write(
      ["a", "b", "c", "d"].map((id) => order(id)),
      { signal },
    ),
  ).toEqual([succeeded, succeeded, succeeded, succeeded]);
  expect(await stored()).toEqual({ a: "1", b: "1", c: "1", d: "1" });
  const batches = calls.filter(({ operation }) => operation === "BatchWriteItem");
  expect(batches.map(({ input }) => (input.RequestItems as Record<string, unknown[]>)[tableName]?.length)).toEqual([4, 2]);
});

test("an unprocessed item that comes back in another form is not taken for stored", async () => {
  faults = faultsInTurn("BatchWriteItem", [
    {
      kind: "altered",
      input: undefined,
      answer: () => ({ UnprocessedItems: { [tableName]: [{ PutRequest: { Item: { id: { S: "A" }, amount: { N: "1" } } } }] } }),
    },
  ]);
  expect(await sink().write([order("a")], { signal })).toEqual([succeeded]);
  expect(await stored()).toEqual({ a: "1" });
});

test("items that stay unprocessed fail as transient after a bounded number of tries", async () => {
  faults = (call) =>
    call.operation === "BatchWriteItem"
      ? { kind: "altered", input: undefined, answer: () => ({ UnprocessedItems: call.input.RequestItems }) }
      : undefined;
  const [result] = await sink().write([order("a")], { signal });
  expect(result).toMatchObject({ ok: false, error: { code: "SPILLWAY_DYNAMODB_FAILED", failureClass: "transient" } });
  expect(calls.filter(({ operation }) => operation === "BatchWriteItem")).toHaveLength(6);
});

test("the later of two items with one key wins", async () => {
  expect(await sink().write([order("a", "1"), order("b", "2"), order("a", "3")], { signal })).toEqual([succeeded, succeeded, succeeded]);
  expect(await stored()).toEqual({ a: "3", b: "2" });
});

test("a number keeps all of its digits", async () => {
  await sink().write([order("a", "12345678901234567890123456789012345678"), order("b", "0.12345678901234567891")], { signal });
  expect(await stored()).toEqual({ a: "12345678901234567890123456789012345678", b: "0.12345678901234567891" });
});

test("one bad item fails alone", async () => {
  const results = await sink().write([order("a"), order("b", "not a number"), order("c", "unreadable"), order("", "1"), order("d")], {
    signal,
  });
  expect(results.map(({ ok }) => ok)).toEqual([true, false, false, false, true]);
  for (const result of results)
    if (!result.ok) expect(result.error).toMatchObject({ code: "SPILLWAY_ITEM_INVALID", failureClass: "permanent" });
  expect(Object.keys(await stored()).toSorted()).toEqual(["a", "d"]);
});

test("an insert that is there already succeeds or fails, as its condition says", async () => {
  await sink().write([order("a", "1")], { signal });
  const results = await sink().write([order("a", "2", isNew("succeed")), order("a", "3", isNew("fail")), order("b", "4", isNew("fail"))], {
    signal,
  });
  expect(results).toMatchObject([{ ok: true }, { ok: false, error: { code: "SPILLWAY_CONDITION_REFUSED" } }, { ok: true }]);
  expect(await stored()).toEqual({ a: "1", b: "4" });
});

test("a conditional put whose answer was lost is not refused by itself", async () => {
  faults = faultsInTurn("PutItem", [{ kind: "answer-lost" }]);
  expect(await sink().write([order("a", "5", isNew("fail"))], { signal })).toEqual([succeeded]);
  expect(calls.filter(({ operation }) => operation === "PutItem")).toHaveLength(2);
});

test("throttling fails each message as transient, a missing permission rejects the write as fatal", async () => {
  client = new DynamoDBClient(localClientConfig(proxy.endpoint));
  faults = faultsInTurn("BatchWriteItem", [
    { kind: "error", type: "ThrottlingException" },
    { kind: "error", type: "AccessDeniedException" },
  ]);
  expect(await sink().write([order("a"), order("b")], { signal })).toMatchObject([
    { ok: false, error: { failureClass: "transient" } },
    { ok: false, error: { failureClass: "transient" } },
  ]);
  await expect(sink().write([order("a")], { signal })).rejects.toMatchObject({ failureClass: "fatal" });
});

const anySink = () =>
  dynamoDbSink<TableWrite>({ client, tableName, keyAttributes: ["id"], clock: hastyClock, toWrite: ({ value }) => value });
const key = (id: string): TableItem => ({ id: { S: id } });
const there: WriteCondition = { expression: "attribute_exists(id)", whenRefused: "fail" };

test("deletes go in one batch with puts, and one of what is not there succeeds", async () => {
  await sink().write([order("a"), order("b")], { signal });
  calls = [];
  const writes: readonly TableWrite[] = [{ delete: key("a") }, { put: { ...key("c"), amount: { N: "3" } } }, { delete: key("nothing") }];
  expect(
    await anySink().write(
      writes.map((value) => ({ value })),
      { signal },
    ),
  ).toEqual([succeeded, succeeded, succeeded]);
  expect(await stored()).toEqual({ b: "1", c: "3" });
  expect(calls.filter(({ operation }) => operation === "BatchWriteItem")).toHaveLength(1);
});

test("of a batch only the delete that DynamoDB leaves unprocessed is tried again", async () => {
  await sink().write([order("a")], { signal });
  calls = [];
  const put = { PutRequest: { Item: { id: { S: "b" }, amount: { N: "2" } } } };
  faults = faultsInTurn("BatchWriteItem", [
    {
      kind: "altered",
      input: { RequestItems: { [tableName]: [put] } },
      answer: () => ({ UnprocessedItems: { [tableName]: [{ DeleteRequest: { Key: key("a") } }] } }),
    },
  ]);
  const writes: readonly TableWrite[] = [{ delete: key("a") }, { put: put.PutRequest.Item }];
  const results = await anySink().write(
    writes.map((value) => ({ value })),
    { signal },
  );
  expect(results).toEqual([succeeded, succeeded]);
  expect(await stored()).toEqual({ b: "2" });
  const batches = calls.filter(({ operation }) => operation === "BatchWriteItem");
  expect(batches.map(({ input }) => (input.RequestItems as Record<string, unknown[]>)[tableName]?.length)).toEqual([2, 1]);
});

test("a delete of an item and a later put of it are made in their order", async () => {
  const writes: readonly TableWrite[] = [
    { put: { ...key("a"), amount: { N: "1" } } },
    { delete: key("a") },
    { put: { ...key("a"), amount: { N: "2" } } },
  ];
  await anySink().write(
    writes.map((value) => ({ value })),
    { signal },
  );
  expect(await stored()).toEqual({ a: "2" });
});

test("a conditional delete whose answer was lost is not refused by itself, and one of what is not as it says is", async () => {
  await sink().write([order("a")], { signal });
  faults = faultsInTurn("DeleteItem", [{ kind: "answer-lost" }]);
  expect(await anySink().write([{ value: { delete: key("a"), onlyIf: there } }], { signal })).toEqual([succeeded]);
  await sink().write([order("b", "1")], { signal });
  const onlyTwo: WriteCondition = { expression: "amount = :two", values: { ":two": { N: "2" } }, whenRefused: "fail" };
  expect(await anySink().write([{ value: { delete: key("b"), onlyIf: onlyTwo } }], { signal })).toMatchObject([
    { ok: false, error: { code: "SPILLWAY_CONDITION_REFUSED" } },
  ]);
  expect(await stored()).toEqual({ b: "1" });
});

test("an update changes what it names and makes the item if need be", async () => {
  await sink().write([order("a", "1")], { signal });
  const update = (id: string): TableWrite => ({
    update: { key: key(id), expression: "SET #amount = :amount", names: { "#amount": "amount" }, values: { ":amount": { N: "7" } } },
  });
  expect(await anySink().write([{ value: update("a") }, { value: update("b") }], { signal })).toEqual([succeeded, succeeded]);
  expect(await stored()).toEqual({ a: "7", b: "7" });
});

test.each<[string, TableWrite]>([
  ["a transaction without parts", { transaction: [] }],
  ["a transaction of more parts than DynamoDB takes", { transaction: Array.from({ length: 101 }, (_, n) => ({ put: key(String(n)) })) }],
  [
    "a placeholder with two meanings",
    {
      update: { key: key("a"), expression: "SET amount = :n", values: { ":n": { N: "1" } } },
      onlyIf: { expression: "amount < :n", values: { ":n": { N: "5" } }, whenRefused: "fail" },
    },
  ],
])("%s fails its message, as permanent, without a call", async (_name, value) => {
  const [result] = await anySink().write([{ value }], { signal });
  expect(result).toMatchObject({ ok: false, error: { code: "SPILLWAY_ITEM_INVALID", failureClass: "permanent" } });
  expect(calls).toEqual([]);
});

test("a sink is named after its table, or as it is told", () => {
  const options = { client, tableName, keyAttributes: ["id"], toWrite: () => ({ put: key("a") }) } as const;
  expect(dynamoDbSink(options).name).toBe(tableName);
  expect(dynamoDbSink({ ...options, name: "totals" }).name).toBe("totals");
});
