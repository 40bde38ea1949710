import { randomUUID } from "node:crypto";
import { CreateTableCommand, DynamoDBClient, ScanCommand, type AttributeValue } from "@aws-sdk/client-dynamodb";
import { localClientConfig, startDynalite } from "@spillway-tools/aws-fakes";
import { serversFor } from "@spillway-tools/servers";
import { conform, sinkSuite, type SinkHarness, type StoredMessage } from "@spillway/conformance";
import type { Header, OutgoingMessage, Payload } from "@spillway/spec";
import { afterAll, describe, test } from "vitest";
import { dynamoDbSink } from "./dynamodb-sink.ts";
import type { TablePut } from "./table-put.ts";

const runner = { test, skip: (name: string, reason: string) => test.skip(`${name} (${reason})`, () => undefined) };
const dynalite = await startDynalite();
const dynamoDbLocal = await serversFor("dynamodb");

afterAll(() => dynalite.stop());

describe("on dynalite", () => {
  conform(runner, sinkSuite, harness("table on dynalite", dynalite.endpoint));
});

describe.skipIf(dynamoDbLocal.skip !== undefined)("on DynamoDB Local", () => {
  if (dynamoDbLocal.skip === undefined) conform(runner, sinkSuite, harness("table on DynamoDB Local", dynamoDbLocal.endpoint));
});

/** Messages as items: a table has no order of its own, so each item is numbered as it is put. */
function harness(name: string, endpoint: string): SinkHarness {
  return {
    name,
    deadlineMs: 20_000,
    lacks: {
      keyOrder: "the sink promises no order: the engine writes one message of a lane at a time",
      deduplication: "the test's table has an item for each write, not for each message id",
    },
    async open({ signal }) {
      const tableName = `sink-${randomUUID()}`;
      let client = new DynamoDBClient(localClientConfig(endpoint));
      await client.send(
        new CreateTableCommand({
          TableName: tableName,
          BillingMode: "PAY_PER_REQUEST",
          AttributeDefinitions: [{ AttributeName: "number", AttributeType: "N" }],
          KeySchema: [{ AttributeName: "number", KeyType: "HASH" }],
        }),
        { abortSignal: signal },
      );
      let puts = 0;
      const put = (message: OutgoingMessage<Payload>): TablePut => {
        puts += 1;
        return { item: { ...toItem(message), number: { N: String(puts) } } };
      };
      return {
        sink: () => dynamoDbSink({ client, tableName, keyAttributes: ["number"], put }),
        async stored() {
          const { Items = [] } = await client.send(new ScanCommand({ TableName: tableName, ConsistentRead: true }));
          return Items.toSorted((one, other) => Number(one.number?.N) - Number(other.number?.N)).map(toMessage);
        },
        largePayloadBytes: 390 * 1024,
        tooLargeBytes: 410 * 1024,
        async reopen() {
          client.destroy();
          client = new DynamoDBClient(localClientConfig(endpoint));
        },
        async close() {
          client.destroy();
        },
      };
    },
  };
}

function toItem({ key, value, headers = [] }: OutgoingMessage<Payload>): Record<string, AttributeValue> {
  return {
    ...(key !== undefined && { key: attribute(key) }),
    value: value === null ? { NULL: true } : { B: value },
    headers: { L: headers.map(([header, content]) => ({ L: [{ S: header }, attribute(content)] })) },
  };
}

function attribute(value: string | Uint8Array): AttributeValue {
  return typeof value === "string" ? { S: value } : { B: value };
}

function toMessage(item: Record<string, AttributeValue>): StoredMessage {
  const headers = (item.headers?.L ?? []).map(({ L }): Header => [L?.[0]?.S ?? "", L?.[1]?.S ?? L?.[1]?.B ?? ""]);
  return { key: item.key?.S ?? item.key?.B, value: item.value?.B ?? null, headers };
}
