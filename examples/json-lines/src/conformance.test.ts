import { conform, logSourceSuite, sinkSuite, type TestRunner } from "@spillway/conformance";
import { test } from "vitest";
import { sinkHarness, sourceHarness } from "./conformance-harness.ts";

const runner: TestRunner = { test, skip: (name, reason) => test.skip(`${name} (${reason})`) };

conform(runner, logSourceSuite, sourceHarness);
conform(runner, sinkSuite, sinkHarness);
