import { contentCases } from "./content-cases.ts";
import type { LogSourceSuite } from "./log-source-subject.ts";

/** What every log source must do. */
export const logSourceSuite: LogSourceSuite = { name: "log source", cases: [...contentCases] };
