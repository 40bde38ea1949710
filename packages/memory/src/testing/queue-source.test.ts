import { queueSourceSuite } from "@spillway/conformance";
import { memoryFifoHarness } from "../conformance-harness.ts";
import { proveByMutants } from "./mutant.ts";
import { queueSourceMutants } from "./queue-source-mutants.ts";

// Here the queue stands for one on a server that outlives its receivers, so that the case about crashes runs too.
proveByMutants(queueSourceSuite, { ...memoryFifoHarness, lacks: {} }, queueSourceMutants);
