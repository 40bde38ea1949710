import { contentCases } from "./content-cases.ts";
import { resultCases } from "./result-cases.ts";
import { writingCases } from "./writing-cases.ts";
import type { SinkSuite } from "./sink-subject.ts";

/** What every sink must do. */
export const sinkSuite: SinkSuite = { name: "sink", cases: [...contentCases, ...resultCases, ...writingCases] };
