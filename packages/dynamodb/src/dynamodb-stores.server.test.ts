import { randomUUID } from "node:crypto";
import { DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { localClientConfig, startDynalite } from "@spillway-tools/aws-fakes";
import { serversFor } from "@spillway-tools/servers";
import { checkpointStoreSuite, conform, leaseStoreSuite, type CheckpointStoreHarness, type LeaseStoreHarness } from "@spillway/conformance";
import type { FencingToken, PartitionId, Position } from "@spillway/spec";
import { afterAll, describe, expect, test } from "vitest";
import { dynamoDbStores } from "./dynamodb-stores.ts";
import { itemKey } from "./stores-table.ts";

const runner = { test, skip: (name: string, reason: string) => test.skip(`${name} (${reason})`, () => undefined) };
const dynalite = await startDynalite();
const dynamoDbLocal = await serversFor("dynamodb");

afterAll(() => dynalite.stop());

describe("on dynalite", () => {
  conform(runner, checkpointStoreSuite, checkpoints("dynalite", dynalite.endpoint));
  conform(runner, leaseStoreSuite, leases("dynalite", dynalite.endpoint));
});

describe.skipIf(dynamoDbLocal.skip !== undefined)("on DynamoDB Local", () => {
  if (dynamoDbLocal.skip !== undefined) return;
  conform(runner, checkpointStoreSuite, checkpoints("DynamoDB Local", dynamoDbLocal.endpoint));
  conform(runner, leaseStoreSuite, leases("DynamoDB Local", dynamoDbLocal.endpoint));

  // dynalite counts characters, not bytes.
  test("positions and notes at their bounds fit into one item", { timeout: 20_000 }, async () => {
    const place = openTable(dynamoDbLocal.endpoint);
    const { checkpoints: store } = place.stores(1_000);
    const key = { scope: "consumer", partition: "shard" as PartitionId };
    const done = Array.from({ length: 1_000 }, (_, index) => String(index).padStart(1_000, "0") as Position);
    const notes = Array.from({ length: store.maxNotes ?? 0 }, (_, index) => String(index).padStart(1_024, "€"));
    const { signal } = new AbortController();
    const from = { at: "after", position: "10" as Position } as const;
    await store.save(key, { state: "reading", from, done, attempting: undefined, notes }, 1 as FencingToken, { signal });
    const loaded = await store.load(key, 1 as FencingToken, { signal });
    expect(loaded).toMatchObject({ notes });
    expect(loaded?.state === "reading" && loaded.done.length).toBeGreaterThan(200);
    await place.close();
  });
});

function checkpoints(name: string, endpoint: string): CheckpointStoreHarness {
  return {
    name,
    lacks: {},
    deadlineMs: 20_000,
    async open() {
      const place = openTable(endpoint);
      let token = 0;
      return {
        store: () => place.stores().checkpoints,
        key: (n) => ({ scope: "consumer", partition: `shard-${n}` as PartitionId }),
        position: (n) => String(10n ** 55n + BigInt(n)) as Position,
        takeOver: async () => (token += 1) as FencingToken,
        corrupt: ({ scope, partition }) => place.corrupt("checkpoint", scope, partition),
        reopen: () => place.reopen(),
        close: () => place.close(),
      };
    },
  };
}

function leases(name: string, endpoint: string): LeaseStoreHarness {
  return {
    name,
    lacks: {},
    deadlineMs: 20_000,
    async open() {
      const place = openTable(endpoint);
      return {
        store: () => place.stores().leases,
        corrupt: (scope, partition) => place.corrupt("lease", scope, partition),
        reopen: () => place.reopen(),
        close: () => place.close(),
      };
    },
  };
}

/** A table of its own; a process that "dies" leaves its client behind and opens another. */
function openTable(endpoint: string) {
  const tableName = `stores-${randomUUID()}`;
  const clients = [new DynamoDBClient(localClientConfig(endpoint))];
  const client = (): DynamoDBClient => clients.at(-1) as DynamoDBClient;
  return {
    stores: (maxDone = 256) => dynamoDbStores({ client: client(), tableName, createTable: true, maxDone }),
    async corrupt(kind: "lease" | "checkpoint", scope: string, partition: string): Promise<void> {
      await client().send(
        new UpdateItemCommand({
          TableName: tableName,
          Key: itemKey(kind, scope, partition),
          UpdateExpression: "SET #format = :format",
          ExpressionAttributeNames: { "#format": "format" },
          ExpressionAttributeValues: { ":format": { N: "99" } },
        }),
      );
    },
    async reopen(): Promise<void> {
      clients.push(new DynamoDBClient(localClientConfig(endpoint)));
    },
    async close(): Promise<void> {
      for (const each of clients) each.destroy();
    },
  };
}
