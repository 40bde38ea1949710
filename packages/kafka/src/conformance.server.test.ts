import { serversFor } from "@spillway-tools/servers";
import { checkpointStoreSuite, conform, logSourceSuite, sinkSuite, type TestRunner } from "@spillway/conformance";
import { describe, test } from "vitest";
import { kafkaCheckpointsHarness, kafkaSinkHarness, kafkaSourceHarness, kafkaTransactionsHarness } from "./conformance-harness.ts";

const kafka = await serversFor("kafka");
const together = test.concurrent;
const runner: TestRunner = {
  test: (name, run, timeoutMs) => together(name, run, timeoutMs),
  skip: (name, reason) => test.skip(`${name} (${reason})`),
};

describe.skipIf(kafka.skip !== undefined)("on Apache Kafka 4.1", () => {
  conform(runner, logSourceSuite, kafkaSourceHarness(kafka.skip === undefined ? kafka.endpoint : ""));
  conform(runner, sinkSuite, kafkaSinkHarness(kafka.skip === undefined ? kafka.endpoint : ""));
  conform(runner, checkpointStoreSuite, kafkaCheckpointsHarness(kafka.skip === undefined ? kafka.endpoint : ""));
  conform(runner, checkpointStoreSuite, kafkaTransactionsHarness(kafka.skip === undefined ? kafka.endpoint : ""));
});
