import { conform, queueSourceSuite, sinkSuite, type TestRunner } from "@spillway/conformance";
import { test } from "vitest";
import * as sqs from "./conformance-harness.ts";
import { queueServer } from "./testing/queue-server.ts";

const { name, endpoint } = await queueServer();
// Each case has a queue of its own, and most wait for a visibility to end: they wait together.
const together = test.concurrent;
const runner: TestRunner = {
  test: (title, run, timeoutMs) => together(title, run, timeoutMs),
  skip: (title, reason) => test.skip(`${title} (${reason})`),
};

if (name === "ElasticMQ") {
  conform(runner, queueSourceSuite, sqs.elasticMqSourceHarness(endpoint));
  conform(runner, queueSourceSuite, sqs.elasticMqFifoSourceHarness(endpoint));
  conform(runner, sinkSuite, sqs.elasticMqSinkHarness(endpoint));
  conform(runner, sinkSuite, sqs.elasticMqFifoSinkHarness(endpoint));
} else {
  conform(runner, queueSourceSuite, sqs.fauxqsSourceHarness(endpoint));
  conform(runner, queueSourceSuite, sqs.fauxqsFifoSourceHarness(endpoint));
  conform(runner, sinkSuite, sqs.fauxqsSinkHarness(endpoint));
  conform(runner, sinkSuite, sqs.fauxqsFifoSinkHarness(endpoint));
}
