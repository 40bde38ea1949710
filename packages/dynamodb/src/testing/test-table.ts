import { randomUUID } from "node:crypto";
import { DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { localClientConfig } from "@spillway-tools/aws-fakes";
import { dynamoDbStores, type DynamoDbStores } from "../dynamodb-stores.ts";
import { itemKey } from "../stores-table.ts";

/** A table of stores that one test has to itself. */
export interface TestTable {
  stores(maxDone?: number): DynamoDbStores;
  /** Makes one item one of a format that nobody knows. */
  corrupt(kind: "lease" | "checkpoint", scope: string, partition: string): Promise<void>;
  /** The process "dies": it leaves its client behind, and another is opened. */
  reopen(): Promise<void>;
  close(): Promise<void>;
}

/** Names a table that the stores make when they are first used. */
export function openTestTable(endpoint: string): TestTable {
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
