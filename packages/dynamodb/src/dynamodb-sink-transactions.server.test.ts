import { randomUUID } from "node:crypto";
import { DynamoDBClient, GetItemCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import {
  faultsInTurn,
  localClientConfig,
  noFaults,
  startFaultProxy,
  type FakeCall,
  type Faults,
  type JsonServer,
} from "@spillway-tools/aws-fakes";
import { serversFor } from "@spillway-tools/servers";
import type { OutgoingMessage } from "@spillway/spec";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { dynamoDbSink } from "./dynamodb-sink.ts";
import type { TableWrite, TransactionPart } from "./table-write.ts";
import { createTable } from "./testing/create-table.ts";

const dynamoDbLocal = await serversFor("dynamodb");

describe.skipIf(dynamoDbLocal.skip !== undefined)("transactions, on DynamoDB Local", () => {
  const { signal } = new AbortController();
  let proxy: JsonServer;
  let client: DynamoDBClient;
  let faults: Faults = noFaults;
  let calls: FakeCall[] = [];
  let accounts = "";
  let journal = "";

  beforeAll(async () => {
    proxy = await startFaultProxy({
      target: dynamoDbLocal.endpoint,
      faults: (call) => {
        calls.push(call);
        return faults(call);
      },
    });
    client = new DynamoDBClient(localClientConfig(proxy.endpoint, 3));
  });
  afterAll(async () => {
    client.destroy();
    await proxy.stop();
  });
  beforeEach(async () => {
    accounts = `accounts-${randomUUID()}`;
    journal = `journal-${randomUUID()}`;
    for (const TableName of [accounts, journal]) {
      await createTable(client, TableName, { name: "id" });
    }
    calls = [];
  });
  afterEach(() => {
    faults = noFaults;
  });

  const sink = () => dynamoDbSink<TableWrite>({ client, tableName: accounts, keyAttributes: ["id"], toWrite: ({ value }) => value });
  const message = (id: string, ...transaction: readonly TransactionPart[]): OutgoingMessage<TableWrite> => ({ id, value: { transaction } });
  const pay = (id: string, cents: string): TransactionPart => ({
    update: { key: { id: { S: id } }, expression: "ADD cents :more", values: { ":more": { N: cents } } },
  });
  const entry = (id: string): TransactionPart => ({
    tableName: journal,
    put: { id: { S: id } },
    onlyIf: { expression: "attribute_not_exists(id)", whenRefused: "fail" },
  });

  async function cents(id: string): Promise<string | undefined> {
    const { Item } = await client.send(new GetItemCommand({ TableName: accounts, Key: { id: { S: id } }, ConsistentRead: true }));
    return Item?.cents?.N;
  }

  async function entries(): Promise<readonly (string | undefined)[]> {
    const { Items = [] } = await client.send(new ScanCommand({ TableName: journal, ConsistentRead: true }));
    return Items.map(({ id }) => id?.S).toSorted();
  }

  test("all parts of a message are written, over several tables", async () => {
    expect(await sink().write([message("1", pay("a", "-5"), pay("b", "5"), entry("1"))], { signal })).toEqual([{ ok: true }]);
    expect([await cents("a"), await cents("b"), await entries()]).toEqual(["-5", "5", ["1"]]);
  });

  test("of a message that is refused nothing is written, and its neighbours are written all the same", async () => {
    await sink().write([message("1", pay("a", "1"), entry("1"))], { signal });
    const results = await sink().write([message("2", pay("a", "10"), entry("1")), message("3", pay("b", "100"), entry("3"))], { signal });
    expect(results).toMatchObject([{ ok: false, error: { code: "SPILLWAY_CONDITION_REFUSED", failureClass: "permanent" } }, { ok: true }]);
    expect([await cents("a"), await cents("b"), await entries()]).toEqual(["1", "100", ["1", "3"]]);
  });

  test("a transaction whose answer was lost counts once, whether the SDK sends it again or the engine writes it again", async () => {
    faults = faultsInTurn("TransactWriteItems", [{ kind: "answer-lost" }]);
    const counted = message("1", pay("a", "5"));
    expect(await sink().write([counted], { signal })).toEqual([{ ok: true }]);
    expect(calls.filter(({ operation }) => operation === "TransactWriteItems")).toHaveLength(2);
    expect(await sink().write([counted], { signal })).toEqual([{ ok: true }]);
    expect(await cents("a")).toBe("5");
    // Another message that does the same is another.
    expect(await sink().write([message("2", pay("a", "5"))], { signal })).toEqual([{ ok: true }]);
    expect(await cents("a")).toBe("10");
  });

  test("an item that is only looked at decides, and is not written", async () => {
    const open: TransactionPart = {
      tableName: journal,
      check: { id: { S: "1" } },
      onlyIf: { expression: "attribute_exists(id)", whenRefused: "fail" },
    };
    expect(await sink().write([message("1", pay("a", "5"), open)], { signal })).toMatchObject([{ ok: false }]);
    await sink().write([message("2", entry("1"))], { signal });
    expect(await sink().write([message("3", pay("a", "7"), open)], { signal })).toEqual([{ ok: true }]);
    expect([await cents("a"), await entries()]).toEqual(["7", ["1"]]);
  });

  test("a conditional update whose answer was lost is not refused by itself", async () => {
    const close: TableWrite = {
      update: {
        key: { id: { S: "a" } },
        expression: "SET #state = :closed",
        names: { "#state": "state" },
        values: { ":closed": { S: "closed" } },
      },
      onlyIf: { expression: "attribute_not_exists(#was)", names: { "#was": "state" }, whenRefused: "fail" },
    };
    faults = faultsInTurn("TransactWriteItems", [{ kind: "answer-lost" }]);
    expect(await sink().write([{ id: "1", value: close }], { signal })).toEqual([{ ok: true }]);
    expect(await sink().write([{ id: "2", value: close }], { signal })).toMatchObject([
      { ok: false, error: { code: "SPILLWAY_CONDITION_REFUSED" } },
    ]);
  });

  test("two parts on one item, and one that breaks DynamoDB's rules, fail their message alone", async () => {
    const bad: TransactionPart = { put: { id: { S: "x" }, cents: { N: "many" } } };
    const results = await sink().write([message("1", pay("a", "1"), pay("a", "2")), message("2", bad), message("3", pay("b", "1"))], {
      signal,
    });
    expect(results).toMatchObject([
      { ok: false, error: { code: "SPILLWAY_ITEM_INVALID", failureClass: "permanent" } },
      { ok: false, error: { code: "SPILLWAY_ITEM_INVALID", failureClass: "permanent" } },
      { ok: true },
    ]);
  });
});
