import { DynamoDBStreamsClient, type DynamoDBStreamsClientConfig } from "@aws-sdk/client-dynamodb-streams";
import { expect, test } from "vitest";
import { createBackends } from "../backends.ts";
import { refused } from "../testing/refused.ts";
import { sdkHandler } from "../testing/sdk-handler.ts";
import { dynamoDbStreamsScheme } from "./dynamodb-streams.ts";
import { memoryScheme } from "./memory.ts";

process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";
const StreamArn = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000";
const answers: Readonly<Record<string, object>> = {
  ListStreams: { Streams: [{ StreamArn, TableName: "orders", StreamLabel: "2026-01-01T00:00:00.000" }] },
  DescribeStream: { StreamDescription: { StreamArn, StreamStatus: "ENABLED", StreamViewType: "KEYS_ONLY", Shards: [] } },
};
const handler = sdkHandler(({ target }) => ({ statusCode: 200, body: answers[target?.split(".")[1] ?? ""] ?? {} }));
const makeClient = (config: DynamoDBStreamsClientConfig): DynamoDBStreamsClient =>
  new DynamoDBStreamsClient({
    ...config,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    requestHandler: handler,
    maxAttempts: 1,
  });
const backends = createBackends([dynamoDbStreamsScheme({ makeClient }), memoryScheme()]);
const { signal } = new AbortController();

async function source(url: string) {
  const opened = await backends.open("source", url, { consumer: "index" });
  if (opened.kind !== "log") throw new Error("no log");
  return opened;
}

test("a table is named by the URL, and so are the stores and the consumer", async () => {
  const opened = await source("dynamodb-streams://eu-west-1/orders?stores=memory:s");
  expect(opened).toMatchObject({ name: "orders", coordination: { consumer: "index" } });
  expect(await opened.partitions({ signal })).toEqual([]);
  expect(handler.calls[0]).toMatchObject({ body: { TableName: "orders" } });
});

test("one stream of a table is named by its ARN", async () => {
  expect(await source(`dynamodb-streams://eu-west-1/${StreamArn}?stores=memory:s`)).toMatchObject({
    name: "orders/2026-01-01T00:00:00.000",
  });
});

test("every stream has changes; new images are asked of a stream that holds them", async () => {
  const changes = await source("dynamodb-streams://eu-west-1/orders?stores=memory:s&payload=change");
  expect(await changes.partitions({ signal })).toEqual([]);
  const images = await source("dynamodb-streams://eu-west-1/orders?stores=memory:s&payload=new-image");
  await expect(images.partitions({ signal })).rejects.toEqual(refused("holds KEYS_ONLY, and the source is made for NEW_IMAGE"));
});

test.each([
  ["dynamodb-streams://eu-west-1/orders", 'add "stores='],
  ["dynamodb-streams://eu-west-1?stores=memory:s", "must name a table"],
  ["dynamodb-streams://eu-west-1/orders?stores=memory:s&payload=image", '"change" or "new-image"'],
  ["dynamodb-streams://eu-west-1/orders?stores=memory:s&trimed=fail", 'Did you mean "trimmed"'],
])("%s is refused: %s", async (url, message) => {
  await expect(source(url)).rejects.toEqual(refused(message));
});

test("it has no sink: a table is changed by putting items", async () => {
  await expect(backends.open("sink", "dynamodb-streams://eu-west-1/orders")).rejects.toEqual(refused("has no sink"));
});
