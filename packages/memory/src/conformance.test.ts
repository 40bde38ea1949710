import {
  checkpointStoreSuite,
  conform,
  leaseStoreSuite,
  logSourceSuite,
  queueSourceSuite,
  sinkSuite,
  type TestRunner,
} from "@spillway/conformance";
import { test } from "vitest";
import * as memory from "./conformance-harness.ts";

const runner: TestRunner = { test, skip: (name, reason) => test.skip(`${name} (${reason})`) };

conform(runner, logSourceSuite, memory.memoryLogHarness);
conform(runner, queueSourceSuite, memory.memoryQueueHarness);
conform(runner, queueSourceSuite, memory.memoryFifoHarness);
conform(runner, sinkSuite, memory.memoryLogSinkHarness);
conform(runner, sinkSuite, memory.memoryQueueSinkHarness);
conform(runner, sinkSuite, memory.memorySinkHarness);
conform(runner, sinkSuite, memory.memoryWriteOrderSinkHarness);
conform(runner, checkpointStoreSuite, memory.memoryCheckpointsHarness);
conform(runner, leaseStoreSuite, memory.memoryLeasesHarness);
