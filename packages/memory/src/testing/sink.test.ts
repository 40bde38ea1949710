import { sinkSuite, type SinkHarness } from "@spillway/conformance";
import { memoryLogSinkHarness } from "../conformance-harness.ts";
import { proveByMutants } from "./mutant.ts";
import { deduplicating, sinkMutants } from "./sink-mutants.ts";

// Here the log stands for one on a server that outlives its writers and knows what it has stored, so that every case runs.
const server: SinkHarness = {
  ...memoryLogSinkHarness,
  lacks: {},
  open: async (options) => deduplicating(await memoryLogSinkHarness.open(options)),
};

proveByMutants(sinkSuite, server, sinkMutants);
