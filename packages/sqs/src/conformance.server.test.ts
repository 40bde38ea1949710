import { conform, queueSourceSuite, sinkSuite, type TestRunner } from "@spillway/conformance";
import { test } from "vitest";
import { sqsSinkHarness, sqsSourceHarness } from "./conformance-harness.ts";
import { queueServer } from "./testing/queue-server.ts";

const server = await queueServer();

// These two look at messages in an order that SQS does not promise: between groups, and within a standard queue.
const unordered: ReadonlySet<string> = new Set([
  `queue source, sqs fifo on ${server.name}: one worthless receipt among good ones costs these nothing`,
  `sink, sqs on ${server.name}: a tombstone, an empty payload and a payload are stored as three different things`,
]);
// Each case has a queue of its own, and most wait for a visibility to end: they wait together.
const together = test.concurrent;
const runner: TestRunner = {
  test: (name, run, timeoutMs) =>
    unordered.has(name) ? runner.skip(name, "it takes an order for granted") : together(name, run, timeoutMs),
  skip: (name, reason) => test.skip(`${name} (${reason})`),
};

const noGroups = "a standard queue has no groups";
const receipts = server.name === "fauxqs" ? { checkedReceipts: "fauxqs takes any receipt for good" } : {};
conform(runner, queueSourceSuite, sqsSourceHarness(server, false, { ...receipts, groups: noGroups }));
conform(runner, queueSourceSuite, sqsSourceHarness(server, true, receipts));
conform(runner, sinkSuite, sqsSinkHarness(server, false, { keyOrder: noGroups, deduplication: "a standard queue does not deduplicate" }));
conform(runner, sinkSuite, sqsSinkHarness(server, true, {}));
