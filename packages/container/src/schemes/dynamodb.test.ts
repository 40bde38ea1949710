import { DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { expect, test } from "vitest";
import { createBackends } from "../backends.ts";
import { refused } from "../testing/refused.ts";
import { sdkHandler } from "../testing/sdk-handler.ts";
import { dynamoDbScheme } from "./dynamodb.ts";

process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";
const handler = sdkHandler(({ target }) =>
  target === "DynamoDB_20120810.Query"
    ? { statusCode: 400, body: { __type: "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException", message: "no table" } }
    : { statusCode: 400, body: { __type: "com.amazonaws.dynamodb.v20120810#AccessDeniedException", message: "no" } },
);
const makeClient = (config: DynamoDBClientConfig): DynamoDBClient =>
  new DynamoDBClient({
    ...config,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    requestHandler: handler,
    maxAttempts: 1,
  });
const { signal } = new AbortController();

test("stores are in the table of the URL, which is made only where the URL says so", async () => {
  const backends = createBackends([dynamoDbScheme({ makeClient })]);
  const asked = async (url: string): Promise<readonly (string | undefined)[]> => {
    handler.calls.length = 0;
    const { leases } = await backends.open("stores", url);
    await expect(leases.list("scope", { signal })).rejects.toThrow();
    expect(handler.calls).toMatchObject(handler.calls.map(() => ({ body: { TableName: "spillway" } })));
    return handler.calls.map(({ target }) => target?.split(".")[1]);
  };
  expect(await asked("dynamodb://eu-west-1/spillway")).toEqual(["Query"]);
  expect(await asked("dynamodb://eu-west-1/spillway?createTable=true")).toEqual(["Query", "CreateTable"]);
  await backends.close();
});

test.each(["source", "sink"] as const)("it has no %s", async (kind) => {
  await expect(createBackends([dynamoDbScheme()]).open(kind, "dynamodb://eu-west-1/orders")).rejects.toEqual(refused(`has no ${kind}`));
});

test.each([
  ["dynamodb://eu-west-1", "must name a table"],
  ["dynamodb://spillway", "must begin with a region"],
  ["dynamodb://eu-west-1/spillway?createTable=yes", '"true" or "false"'],
  ["dynamodb://eu-west-1/spillway?create=true", "has no option"],
])("%s is refused: %s", async (url, message) => {
  await expect(createBackends([dynamoDbScheme()]).open("stores", url)).rejects.toEqual(refused(message));
});
