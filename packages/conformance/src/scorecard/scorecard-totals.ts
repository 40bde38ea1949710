import { grouped } from "./grouped.ts";
import type { ScorecardRow, ScoredServer } from "./scorecard.ts";

/** How many cases of one suite a subject passes. */
export interface ScorecardTotal {
  readonly adapter: string;
  readonly version: string;
  readonly server: ScoredServer | undefined;
  readonly suite: string;
  readonly subject: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Counts rows by adapter, suite and subject, in the order in which they come. */
export function scorecardTotals(rows: readonly ScorecardRow[]): readonly ScorecardTotal[] {
  return [...grouped(rows, subjectOf).values()].flatMap((of) => {
    const [first] = of;
    if (first === undefined) return [];
    const count = (result: ScorecardRow["score"]["result"]): number => of.filter(({ score }) => score.result === result).length;
    const { adapter, version, server, suite, subject } = first;
    return { adapter, version, server, suite, subject, passed: count("passed"), failed: count("failed"), skipped: count("skipped") };
  });
}

/** What rows of one subject in one suite have in common. */
export function subjectOf({ adapter, suite, subject }: ScorecardRow): string {
  return JSON.stringify([adapter, suite, subject]);
}
