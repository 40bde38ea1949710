import { checkpointStoreSuite } from "@spillway/conformance";
import { memoryCheckpointsHarness } from "../conformance-harness.ts";
import { checkpointStoreMutants } from "./checkpoint-store-mutants.ts";
import { proveByMutants } from "./mutant.ts";

proveByMutants(checkpointStoreSuite, memoryCheckpointsHarness, checkpointStoreMutants);
