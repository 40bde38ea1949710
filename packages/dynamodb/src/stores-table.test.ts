import { CreateTableCommand, DescribeTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { localClientConfig, startDynalite } from "@spillway-tools/aws-fakes";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dynamoDbStores } from "./dynamodb-stores.ts";
import { dynamoDbStoresSetup, kclStoresSetup } from "./dynamodb-stores-setup.ts";

const { signal } = new AbortController();
let dynalite: Awaited<ReturnType<typeof startDynalite>>;
let client: DynamoDBClient;

beforeAll(async () => {
  dynalite = await startDynalite();
  client = new DynamoDBClient(localClientConfig(dynalite.endpoint));
});
afterAll(async () => {
  client.destroy();
  await dynalite.stop();
});

test("a missing table is a fatal error that says what to do", async () => {
  const stores = dynamoDbStores({ client, tableName: "nowhere" });
  await expect(stores.leases.list("scope", { signal })).rejects.toMatchObject({
    code: "SPILLWAY_STORE_UNAVAILABLE",
    failureClass: "fatal",
  });
  await expect(client.send(new DescribeTableCommand({ TableName: "nowhere" }))).rejects.toThrow(/not found/);
});

test("with createTable several processes may start at once", async () => {
  const lists = Array.from({ length: 5 }, () =>
    dynamoDbStores({ client, tableName: "together", createTable: true }).leases.list("scope", { signal }),
  );
  expect(await Promise.all(lists)).toEqual([[], [], [], [], []]);
});

test("a function is handed the definition and may add to it", async () => {
  const stores = dynamoDbStores({
    client,
    tableName: "own-way",
    createTable: async (definition, abortSignal) => {
      await client.send(
        new CreateTableCommand({
          ...definition,
          BillingMode: "PROVISIONED",
          ProvisionedThroughput: { ReadCapacityUnits: 3, WriteCapacityUnits: 4 },
        }),
        { abortSignal },
      );
    },
  });
  expect(await stores.leases.list("scope", { signal })).toEqual([]);
  const { Table } = await client.send(new DescribeTableCommand({ TableName: "own-way" }));
  expect(Table?.ProvisionedThroughput).toMatchObject({ ReadCapacityUnits: 3, WriteCapacityUnits: 4 });
});

test("a table with other keys is a fatal error", async () => {
  await client.send(
    new CreateTableCommand({
      TableName: "foreign",
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
    }),
  );
  await expect(dynamoDbStores({ client, tableName: "foreign" }).leases.list("scope", { signal })).rejects.toMatchObject({
    code: "SPILLWAY_INVALID_OPTIONS",
    failureClass: "fatal",
  });
});

test("maxDone that is no count is refused at once", () => {
  expect(() => dynamoDbStores({ client, tableName: "any", maxDone: -1 })).toThrow(/maxDone is -1/);
});

test("the setup prints a template of the very table that createTable makes, and the least permissions", () => {
  const setup = dynamoDbStoresSetup({ tableName: "spillway" });
  const template = JSON.parse(setup.cloudFormation) as { Resources: { SpillwayStores: { Properties: object } } };
  expect(template.Resources.SpillwayStores.Properties).toMatchObject({
    TableName: "spillway",
    BillingMode: "PAY_PER_REQUEST",
    KeySchema: [
      { AttributeName: "scope", KeyType: "HASH" },
      { AttributeName: "item", KeyType: "RANGE" },
    ],
  });
  expect(setup.policy).toContain("dynamodb:UpdateItem");
  expect(setup.policy).not.toContain("CreateTable");
  expect(setup.createTablePolicy).toContain("dynamodb:CreateTable");
});

test("the setup for the library's layout has both tables, and lets the library's versions be read and not written", () => {
  const setup = kclStoresSetup({ kclTableName: "charges-app", tableName: "spillway" });
  const { Resources } = JSON.parse(setup.cloudFormation) as {
    Resources: Record<string, { Properties: { TableName: string; KeySchema: unknown } }>;
  };
  expect(Object.values(Resources).map(({ Properties }) => Properties.TableName)).toEqual(["charges-app", "spillway"]);
  expect(Resources["KclLeases"]?.Properties.KeySchema).toEqual([{ AttributeName: "leaseKey", KeyType: "HASH" }]);
  const { Statement } = JSON.parse(setup.policy) as { Statement: readonly { Action: readonly string[]; Resource: string }[] };
  const allowed = new Map(Statement.map(({ Action, Resource }) => [Resource.split("/")[1], Action]));
  expect(allowed.get("charges-app-CoordinatorState")).toEqual(["dynamodb:GetItem"]);
  expect(allowed.get("charges-app")).toContain("dynamodb:Scan");
  expect(allowed.get("spillway")).toContain("dynamodb:Query");
  expect(setup.policy).not.toContain("CreateTable");
  expect(setup.createTablePolicy).toContain("dynamodb:CreateTable");
});
