import { startDynalite } from "@spillway-tools/aws-fakes";
import { serversFor } from "@spillway-tools/servers";
import { checkpointStoreSuite, conform, leaseStoreSuite, sinkSuite } from "@spillway/conformance";
import { afterAll, describe, test } from "vitest";
import * as dynamodb from "./conformance-harness.ts";

const runner = { test, skip: (name: string, reason: string) => test.skip(`${name} (${reason})`, () => undefined) };
const dynalite = await startDynalite();
const dynamoDbLocal = await serversFor("dynamodb");

afterAll(() => dynalite.stop());

describe("on dynalite", () => {
  conform(runner, checkpointStoreSuite, dynamodb.dynaliteCheckpointsHarness(dynalite.endpoint));
  conform(runner, leaseStoreSuite, dynamodb.dynaliteLeasesHarness(dynalite.endpoint));
  conform(runner, checkpointStoreSuite, dynamodb.dynaliteKclCheckpointsHarness(dynalite.endpoint));
  conform(runner, leaseStoreSuite, dynamodb.dynaliteKclLeasesHarness(dynalite.endpoint));
  conform(runner, sinkSuite, dynamodb.dynaliteSinkHarness(dynalite.endpoint));
});

describe.skipIf(dynamoDbLocal.skip !== undefined)("on DynamoDB Local", () => {
  if (dynamoDbLocal.skip !== undefined) return;
  conform(runner, checkpointStoreSuite, dynamodb.dynamoDbLocalCheckpointsHarness(dynamoDbLocal.endpoint));
  conform(runner, leaseStoreSuite, dynamodb.dynamoDbLocalLeasesHarness(dynamoDbLocal.endpoint));
  conform(runner, checkpointStoreSuite, dynamodb.dynamoDbLocalKclCheckpointsHarness(dynamoDbLocal.endpoint));
  conform(runner, leaseStoreSuite, dynamodb.dynamoDbLocalKclLeasesHarness(dynamoDbLocal.endpoint));
  conform(runner, sinkSuite, dynamodb.dynamoDbLocalSinkHarness(dynamoDbLocal.endpoint));
});
