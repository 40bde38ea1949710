import { randomUUID } from "node:crypto";
import { CreateTableCommand, DynamoDBClient, PutItemCommand, ScanCommand, waitUntilTableExists } from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { run } from "@spillway/core";
import { dynamoDbStreamSource } from "@spillway/dynamodb-streams";
import { memoryLog, memoryLogSink, memoryStores } from "@spillway/memory";
import { serversFor } from "@spillway-tools/servers";
import { tap } from "rxjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { salesWindows } from "./sales-windows.ts";

const server = await serversFor("dynamodb");

describe.skipIf(server.skip !== undefined)("windows over a table's changes, on DynamoDB Local", () => {
  const config = {
    region: "us-east-1",
    endpoint: server.skip === undefined ? server.endpoint : "",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  };
  const client = new DynamoDBClient(config);
  const streams = new DynamoDBStreamsClient(config);
  // DynamoDB forgets a transaction's token after ten minutes. Here it never knows one, so that it is the note of an order which makes it count once.
  client.middlewareStack.add(
    (next, { commandName }) =>
      (call) =>
        next(commandName === "TransactWriteItemsCommand" ? { ...call, input: { ...call.input, ClientRequestToken: undefined } } : call),
    { step: "initialize", priority: "high" },
  );
  const id = randomUUID();
  const [ordersTable, windowsTable, countedTable] = [`orders-${id}`, `windows-${id}`, `counted-${id}`] as const;
  const customers = ["ann", "bob", "cid"];
  let put = 0;

  beforeAll(async () => {
    const text = (name: string) => ({ AttributeName: name, AttributeType: "S" as const });
    const hash = (name: string) => ({ AttributeName: name, KeyType: "HASH" as const });
    const common = { BillingMode: "PAY_PER_REQUEST" as const };
    const byId = { ...common, AttributeDefinitions: [text("id")], KeySchema: [hash("id")] };
    const stream = { StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_IMAGE" as const } };
    await client.send(new CreateTableCommand({ ...byId, TableName: ordersTable, ...stream }));
    await client.send(new CreateTableCommand({ ...byId, TableName: countedTable }));
    await client.send(
      new CreateTableCommand({
        ...common,
        TableName: windowsTable,
        AttributeDefinitions: [text("customer"), { AttributeName: "window", AttributeType: "N" }],
        KeySchema: [hash("customer"), { AttributeName: "window", KeyType: "RANGE" }],
      }),
    );
    for (const TableName of [ordersTable, windowsTable, countedTable])
      await waitUntilTableExists({ client, maxWaitTime: 30 }, { TableName });
  });
  afterAll(() => {
    client.destroy();
    streams.destroy();
  });

  async function order(count: number): Promise<void> {
    for (let n = 0; n < count; n += 1) {
      const customer = customers[put % customers.length] ?? "";
      const item = { id: { S: `o${put}` }, customer: { S: customer }, cents: { N: `${put}` } };
      await client.send(new PutItemCommand({ TableName: ordersTable, Item: item }));
      put += 1;
    }
  }

  /** Runs the pipeline until so many changes have ended; stores of its own make it a consumer that has seen nothing. */
  async function runOver(count: number, stores = memoryStores()): Promise<void> {
    const stop = new AbortController();
    const orders = dynamoDbStreamSource({ client: streams, tableName: ordersTable, view: "NEW_IMAGE", consumer: "sales", stores });
    const deadLetters = memoryLogSink({ log: memoryLog({ name: "dead" }) });
    let ended = 0;
    const pipeline = salesWindows({ orders, client, windowsTable, countedTable, deadLetters }).pipe(
      tap(() => {
        if (++ended === count) stop.abort("all have ended");
      }),
    );
    const { succeeded, filtered } = await run(pipeline, { signal: stop.signal });
    expect(succeeded + filtered).toBe(count);
  }

  /** For each customer the sum over all windows, which are as many as it took to put the orders. */
  async function sums(): Promise<Readonly<Record<string, { readonly cents: number; readonly orders: number }>>> {
    const { Items = [] } = await client.send(new ScanCommand({ TableName: windowsTable, ConsistentRead: true }));
    const found: Record<string, { cents: number; orders: number }> = {};
    for (const { customer, window, cents, orders } of Items) {
      expect(Number(window?.N) % 300_000).toBe(0);
      const sum = (found[customer?.S ?? ""] ??= { cents: 0, orders: 0 });
      sum.cents += Number(cents?.N);
      sum.orders += Number(orders?.N);
    }
    return found;
  }

  const expected = () =>
    Object.fromEntries(
      customers.map((customer, index) => {
        const own = Array.from({ length: put }, (_, n) => n).filter((n) => n % customers.length === index);
        return [customer, { cents: own.reduce((sum, n) => sum + n, 0), orders: own.length }];
      }),
    );

  test("a sum goes on over batches and restarts, and counts each order once though all are delivered again", async () => {
    const stores = memoryStores();
    await order(30);
    await runOver(30, stores);
    expect(await sums()).toEqual(expected());
    await order(30);
    await client.send(new PutItemCommand({ TableName: ordersTable, Item: { id: { S: "o0" }, customer: { S: "ann" }, cents: { N: "7" } } }));
    await runOver(31, stores);
    expect(await sums()).toEqual(expected());
    await runOver(61);
    expect(await sums()).toEqual(expected());
  }, 60_000);
});
