import { randomUUID } from "node:crypto";
import { DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { localClientConfig } from "@spillway-tools/aws-fakes";
import { ourAttributes } from "../kcl/kcl-layout.ts";
import { kclStores, type KclStores, type KclStoresOptions } from "../kcl/kcl-stores.ts";

/** A lease table in the library's layout that one test has to itself. */
export interface KclTable {
  readonly kclTableName: string;
  client(): DynamoDBClient;
  stores(options?: Partial<KclStoresOptions>): KclStores;
  /** Makes what we added to a row one of a format that nobody knows. */
  corrupt(kind: "lease" | "checkpoint", shard: string): Promise<void>;
  /** The process "dies": it leaves its client behind, and another is opened. */
  reopen(): Promise<void>;
  close(): Promise<void>;
}

/** Names a table that the stores make when they are first used. */
export function openKclTable(endpoint: string): KclTable {
  const name = randomUUID();
  const kclTableName = `kcl-${name}`;
  const clients = [new DynamoDBClient(localClientConfig(endpoint, 3))];
  const client = (): DynamoDBClient => clients.at(-1) as DynamoDBClient;
  return {
    kclTableName,
    client,
    stores: (options) => kclStores({ client: client(), kclTableName, tableName: `own-${name}`, createTable: true, ...options }),
    async corrupt(kind, shard): Promise<void> {
      await client().send(
        new UpdateItemCommand({
          TableName: kclTableName,
          Key: { leaseKey: { S: shard } },
          UpdateExpression: "SET #mine.#format = :format",
          ExpressionAttributeNames: { "#mine": ourAttributes[kind], "#format": "format" },
          ExpressionAttributeValues: { ":format": { N: "99" } },
        }),
      );
    },
    async reopen(): Promise<void> {
      clients.push(new DynamoDBClient(localClientConfig(endpoint, 3)));
    },
    async close(): Promise<void> {
      for (const each of clients) each.destroy();
    },
  };
}
