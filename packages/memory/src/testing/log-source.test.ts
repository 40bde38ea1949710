import { logSourceSuite } from "@spillway/conformance";
import { memoryLogHarness } from "../conformance-harness.ts";
import { logSourceMutants } from "./log-source-mutants.ts";
import { proveByMutants } from "./mutant.ts";

// Here the log stands for one on a server that outlives its reader, so that the cases about crashes run too.
proveByMutants(logSourceSuite, { ...memoryLogHarness, lacks: {} }, logSourceMutants);
