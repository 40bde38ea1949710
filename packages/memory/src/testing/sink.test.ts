import { sinkSuite, type SinkHarness } from "@spillway/conformance";
import { memoryLogSinkHarness, memoryWriteOrderSinkHarness } from "../conformance-harness.ts";
import { proveByMutants } from "./mutant.ts";
import { deduplicating, sinkMutants, writeOrderSinkMutants } from "./sink-mutants.ts";

/** Here a sink stands for one on a server that outlives its writers and knows what it has stored, so that every case runs. */
function onServer(harness: SinkHarness): SinkHarness {
  return { ...harness, lacks: {}, open: async (options) => deduplicating(await harness.open(options)) };
}

proveByMutants(sinkSuite, onServer(memoryLogSinkHarness), sinkMutants);
// Where a failure ends the write, failures are last anyway.
const applying = sinkMutants.filter(({ name }) => name !== "puts failures last");
proveByMutants(sinkSuite, onServer(memoryWriteOrderSinkHarness), [...applying, ...writeOrderSinkMutants]);
