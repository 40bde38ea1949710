import { contentCases } from "./content-cases.ts";
import { deliveryCases } from "./delivery-cases.ts";
import { endingCases } from "./ending-cases.ts";
import { groupCases } from "./group-cases.ts";
import type { QueueSourceSuite } from "./queue-source-subject.ts";
import { settlementCases } from "./settlement-cases.ts";
import { visibilityCases } from "./visibility-cases.ts";

/** What every queue source must do. */
export const queueSourceSuite: QueueSourceSuite = {
  name: "queue source",
  cases: [...contentCases, ...deliveryCases, ...visibilityCases, ...settlementCases, ...groupCases, ...endingCases],
};
