import { endingCases } from "./ending-cases.ts";
import { recordCases } from "./record-cases.ts";
import type { LeaseStoreSuite } from "./lease-store-subject.ts";
import { racingCases } from "./racing-cases.ts";

/** What every lease store must do. */
export const leaseStoreSuite: LeaseStoreSuite = { name: "lease store", cases: [...recordCases, ...racingCases, ...endingCases] };
