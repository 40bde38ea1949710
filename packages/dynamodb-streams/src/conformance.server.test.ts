import { serversFor } from "@spillway-tools/servers";
import { conform, logSourceSuite } from "@spillway/conformance";
import { describe, test } from "vitest";
import { dynamoDbLocalSourceHarness, fakeSourceHarness } from "./conformance-harness.ts";

const runner = { test, skip: (name: string, reason: string) => test.skip(`${name} (${reason})`, () => undefined) };
const dynamoDbLocal = await serversFor("dynamodb");

describe("on the fake", () => {
  conform(runner, logSourceSuite, fakeSourceHarness);
});

describe.skipIf(dynamoDbLocal.skip !== undefined)("on DynamoDB Local", () => {
  if (dynamoDbLocal.skip === undefined) conform(runner, logSourceSuite, dynamoDbLocalSourceHarness(dynamoDbLocal.endpoint));
});
