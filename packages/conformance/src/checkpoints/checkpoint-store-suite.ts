import { contentCases } from "./content-cases.ts";
import type { CheckpointStoreSuite } from "./checkpoint-store-subject.ts";
import { endingCases } from "./ending-cases.ts";
import { fencingCases } from "./fencing-cases.ts";

/** What every checkpoint store must do. */
export const checkpointStoreSuite: CheckpointStoreSuite = {
  name: "checkpoint store",
  cases: [...contentCases, ...fencingCases, ...endingCases],
};
