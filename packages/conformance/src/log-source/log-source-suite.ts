import { contentCases } from "./content-cases.ts";
import { countCases } from "./count-cases.ts";
import { endingCases } from "./ending-cases.ts";
import { lineageCases } from "./lineage-cases.ts";
import type { LogSourceSuite } from "./log-source-subject.ts";
import { orderCases } from "./order-cases.ts";
import { recoveryCases } from "./recovery-cases.ts";
import { startCases } from "./start-cases.ts";

/** What every log source must do. */
export const logSourceSuite: LogSourceSuite = {
  name: "log source",
  cases: [...contentCases, ...orderCases, ...startCases, ...recoveryCases, ...countCases, ...endingCases, ...lineageCases],
};
