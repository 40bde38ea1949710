import { randomUUID } from "node:crypto";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { CreateStreamCommand, DeleteStreamCommand, KinesisClient, waitUntilStreamExists } from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { dynamoDbStores, type DynamoDbStores } from "@spillway/dynamodb";
import { kinesisSink } from "@spillway/kinesis";
import { endpointVariables } from "@spillway-tools/servers";

process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";
const local = { region: "us-east-1", credentials: { accessKeyId: "local", secretAccessKey: "local" } };

/** A client of the kinesalite that cli.ts has named. */
export const client: KinesisClient = new KinesisClient({
  ...local,
  endpoint: process.env[endpointVariables.kinesalite] ?? "",
  requestHandler: new NodeHttpHandler(),
});
const dynamodb = new DynamoDBClient({ ...local, endpoint: process.env[endpointVariables.dynamodb] ?? "" });

/** Each record's data: 200 bytes. */
export const data: Uint8Array = new Uint8Array(200).fill(120);

/** Stores in a table of their own, which is there already: making it is no part of a start. */
export async function newStores(): Promise<DynamoDbStores & { readonly tableName: string }> {
  const tableName = `bench-${randomUUID()}`;
  await dynamoDbStores({ client: dynamodb, tableName, createTable: true }).leases.list("any", { signal: AbortSignal.timeout(60_000) });
  return { ...storesIn(tableName), tableName };
}

/** The stores of a table that exists. */
export function storesIn(tableName: string): DynamoDbStores {
  return dynamoDbStores({ client: dynamodb, tableName });
}

/** Does work on a stream of its own, with so many records in it. */
export async function onStream<T>(
  { shards, records = 0, keys = 1 }: { readonly shards: number; readonly records?: number; readonly keys?: number },
  work: (streamName: string) => Promise<T>,
): Promise<T> {
  const StreamName = `bench-${randomUUID()}`;
  await client.send(new CreateStreamCommand({ StreamName, ShardCount: shards }));
  await waitUntilStreamExists({ client, maxWaitTime: 60, minDelay: 1, maxDelay: 1 }, { StreamName });
  try {
    for (let first = 0; first < records; first += batchSize) {
      await put(
        StreamName,
        Array.from({ length: Math.min(batchSize, records - first) }, (_, index) => ({ key: `key ${(first + index) % keys}`, value: data })),
      );
    }
    return await work(StreamName);
  } finally {
    await client.send(new DeleteStreamCommand({ StreamName }));
  }
}

const batchSize = 500;

/** Puts messages into a stream. */
export async function put(streamName: string, messages: readonly { readonly key: string; readonly value: Uint8Array }[]): Promise<void> {
  const results = await kinesisSink({ client, streamName }).write(messages, { signal: AbortSignal.timeout(60_000) });
  for (const result of results) if (!result.ok) throw result.error;
}
