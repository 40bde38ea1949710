import { CreateTableCommand, waitUntilTableExists, type DynamoDBClient } from "@aws-sdk/client-dynamodb";

/** What the key of a table is. */
export interface TableKey {
  readonly name: string;
  /** Default text. */
  readonly type?: "S" | "N";
}

/** Creates a table with a key of one attribute; resolves when it may be used: right after its creation, a write may still be told that it is not there. */
export async function createTable(
  client: DynamoDBClient,
  tableName: string,
  { name, type = "S" }: TableKey,
  signal?: AbortSignal,
): Promise<void> {
  const request = signal === undefined ? {} : { abortSignal: signal };
  await client.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [{ AttributeName: name, AttributeType: type }],
      KeySchema: [{ AttributeName: name, KeyType: "HASH" }],
    }),
    request,
  );
  await waitUntilTableExists({ client, maxWaitTime: 30, minDelay: 1, maxDelay: 1, ...request }, { TableName: tableName });
}
