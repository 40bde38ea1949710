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
import * as local from "./conformance-harness.ts";

const runner: TestRunner = { test, skip: (name, reason) => test.skip(`${name} (${reason})`) };

conform(runner, logSourceSuite, local.localLogHarness);
conform(runner, queueSourceSuite, local.localQueueHarness);
conform(runner, queueSourceSuite, local.localFifoHarness);
conform(runner, sinkSuite, local.localSinkHarness);
conform(runner, sinkSuite, local.localQueueSinkHarness);
conform(runner, checkpointStoreSuite, local.localCheckpointsHarness);
conform(runner, leaseStoreSuite, local.localLeasesHarness);
