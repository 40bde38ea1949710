import { randomUUID } from "node:crypto";
import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  paginateScan,
  waitUntilTableExists,
  type StreamSpecification,
} from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { dynamoDbSink, dynamoDbStores, type TableWrite } from "@spillway/dynamodb";
import { dynamoDbStreamSource } from "@spillway/dynamodb-streams";
import type { Message, OutgoingMessage, Payload } from "@spillway/spec";
import type { OutputLog } from "../pipelines/backend.ts";
import type { InputLog } from "../producer/data-set.ts";
import { tallies } from "../store/local-backend.ts";
import { appendInTurns } from "./append-in-turns.ts";
import { countedInput } from "./counted-input.ts";
import { deadLetterOf } from "./dead-letter-of.ts";
import type { JobInput } from "./job-backend.ts";
import { fromAttributes, toAttributes } from "./message-item.ts";
import { partitionCounts } from "./partition-counts.ts";
import { askMs, type ServerBackend, type ServerBackendOptions } from "./server-backend.ts";
import { tableLog } from "./table-log.ts";

const names = Object.keys(partitionCounts) as readonly (InputLog | OutputLog)[];

/**
 * The pipelines on DynamoDB: an input is a table that holds the latest record of each key, and its stream is the log; an output is a table of messages. Leases and
 * checkpoints are in a table too. Makes all of them.
 */
export async function dynamoDbStreamsBackend({ endpointOf, prefix, store }: ServerBackendOptions): Promise<ServerBackend> {
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";
  const local = { region: "us-east-1", credentials: { accessKeyId: "local", secretAccessKey: "local" }, endpoint: endpointOf("dynamodb") };
  const client = new DynamoDBClient(local);
  const streams = new DynamoDBStreamsClient(local);
  const storesTable = `${prefix}spillway`;
  const stores = dynamoDbStores({ client, tableName: storesTable, createTable: true });
  // The first look makes the table: who stops at once finds it there to remove.
  await stores.leases.list("statistics", { signal: AbortSignal.timeout(askMs) });
  await Promise.all(names.map(makeTable));

  return {
    source: (log) =>
      tableLog(
        dynamoDbStreamSource({ client: streams, tableName: prefix + log, name: log, view: "NEW_IMAGE", consumer: "statistics", stores }),
      ),
    sink: (log) =>
      dynamoDbSink({
        client,
        tableName: prefix + log,
        name: log,
        keyAttributes: ["id"],
        toWrite: (message) => ({ put: { ...toAttributes(message), id: { S: message.id ?? randomUUID() } } }),
      }),
    table: (log) => tallies(store, log),
    inputs: { departures: input("departures"), routes: input("routes"), movies: input("movies") },
    async *deadLetters() {
      for await (const message of readTable(client, `${prefix}dead-letters`)) {
        yield deadLetterOf(message, { key: message.key, payload: message.value });
      }
    },
    async close() {
      const tables = [storesTable, ...names.map((name) => prefix + name)];
      await Promise.all(tables.map((TableName) => client.send(new DeleteTableCommand({ TableName }), calm())));
      client.destroy();
      streams.destroy();
    },
  };

  async function makeTable(name: InputLog | OutputLog): Promise<void> {
    const TableName = prefix + name;
    const StreamSpecification: StreamSpecification = { StreamEnabled: true, StreamViewType: "NEW_IMAGE" };
    await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
        KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
        ...(isInput(name) && { StreamSpecification }),
      }),
      calm(),
    );
    await waitUntilTableExists({ client, maxWaitTime: askMs / 1_000, minDelay: 1, maxDelay: 1 }, { TableName });
  }

  function input(log: InputLog): JobInput {
    // The item of a key is put again and again: so its stream has the messages of a key in their order.
    const toWrite = (message: OutgoingMessage<Payload>): TableWrite => ({
      put: { ...toAttributes(message), id: { S: String(message.key) } },
    });
    const sink = dynamoDbSink({ client, tableName: prefix + log, keyAttributes: ["id"], toWrite });
    return countedInput(log, (messages) => appendInTurns(sink, messages, AbortSignal.timeout(askMs)));
  }
}

/** The messages that a table holds, in any order. */
export async function* readTable(client: DynamoDBClient, tableName: string): AsyncGenerator<Message<Payload>, void> {
  for await (const { Items = [] } of paginateScan({ client }, { TableName: tableName, ConsistentRead: true }, calm())) {
    for (const item of Items) {
      const { key, value, headers } = fromAttributes(item);
      yield { id: item["id"]?.S ?? "", key: typeof key === "string" ? key : undefined, value, headers, timestampMs: 0 };
    }
  }
}

function isInput(name: InputLog | OutputLog): boolean {
  return name === "departures" || name === "routes" || name === "movies";
}

function calm(): { readonly abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(askMs) };
}
