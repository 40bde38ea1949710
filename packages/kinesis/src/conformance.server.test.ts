import { serversFor } from "@spillway-tools/servers";
import { conform, logSourceSuite, sinkSuite } from "@spillway/conformance";
import { describe, test } from "vitest";
import * as kinesis from "./conformance-harness.ts";

const runner = { test, skip: (name: string, reason: string) => test.skip(`${name} (${reason})`, () => undefined) };
const kinesisLocal = await serversFor("kinesis");
const kinesalite = await serversFor("kinesalite");

describe("on the fake", () => {
  conform(runner, logSourceSuite, kinesis.fakePollingHarness);
  conform(runner, logSourceSuite, kinesis.fakeFanOutHarness);
  conform(runner, sinkSuite, kinesis.fakeSinkHarness);
  conform(runner, sinkSuite, kinesis.fakeOrderedSinkHarness);
  conform(runner, sinkSuite, kinesis.fakeAggregatedSinkHarness);
});

describe.skipIf(kinesisLocal.skip !== undefined)("on kinesis-local", () => {
  if (kinesisLocal.skip !== undefined) return;
  conform(runner, logSourceSuite, kinesis.kinesisLocalSourceHarness(kinesisLocal.endpoint));
  conform(runner, sinkSuite, kinesis.kinesisLocalSinkHarness(kinesisLocal.endpoint));
});

describe.skipIf(kinesalite.skip !== undefined)("on kinesalite", () => {
  if (kinesalite.skip !== undefined) return;
  conform(runner, logSourceSuite, kinesis.kinesaliteSourceHarness(kinesalite.endpoint));
  conform(runner, sinkSuite, kinesis.kinesaliteSinkHarness(kinesalite.endpoint));
  conform(runner, sinkSuite, kinesis.kinesaliteAggregatedSinkHarness(kinesalite.endpoint));
});
