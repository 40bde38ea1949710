import { leaseStoreSuite } from "@spillway/conformance";
import { memoryLeasesHarness } from "../conformance-harness.ts";
import { leaseStoreMutants } from "./lease-store-mutants.ts";
import { proveByMutants } from "./mutant.ts";

proveByMutants(leaseStoreSuite, memoryLeasesHarness, leaseStoreMutants);
