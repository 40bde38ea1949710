import type { BoundCase, BoundSuite } from "../kit/bound-suite.ts";
import type { Guarantee } from "../kit/conformance-case.ts";

/** The server that an adapter was run on. */
export interface ScoredServer {
  /** "Apache Kafka". */
  readonly name: string;
  readonly version: string;
}

/** An adapter to be scored: its version, what it is run on and what of it is held to the contract. */
export interface ScoredAdapter {
  /** The package's short name: "memory". */
  readonly adapter: string;
  /** The package's version. */
  readonly version: string;
  /** Undefined where none is needed. An adapter that is run on several servers is given once for each. */
  readonly server: ScoredServer | undefined;
  /** How many cases may run at once: 1, or more where most of them wait for a server. */
  readonly concurrency: number;
  readonly suites: readonly BoundSuite[];
}

/** What became of one case on one subject. */
export type Score =
  | { readonly result: "passed" }
  | { readonly result: "failed"; readonly why: string }
  | { readonly result: "skipped"; readonly why: string };

/** One line of a scorecard. */
export interface ScorecardRow {
  readonly adapter: string;
  readonly version: string;
  /** Undefined where the adapter needs none. */
  readonly server: ScoredServer | undefined;
  readonly suite: string;
  /** The harness's name: an adapter may have several, such as a queue with and without groups, each on several servers. */
  readonly subject: string;
  readonly case: string;
  readonly proves: string;
  readonly guarantee: Guarantee;
  readonly score: Score;
}

/**
 * Runs every case of every adapter, without a test framework. Resolves to one row for each, in the order of the suites; a failed case is a row, so
 * this rejects only when the kit itself is at fault. `onRow` sees each row when it is known.
 */
export async function scorecard(adapters: readonly ScoredAdapter[], onRow?: (row: ScorecardRow) => void): Promise<readonly ScorecardRow[]> {
  const rows: ScorecardRow[] = [];
  for (const { adapter, version, server, concurrency, suites } of adapters) {
    const waiting = suites.flatMap(({ suite, subject, cases }) => cases.map((each) => ({ suite, subject, each })));
    const scored: ScorecardRow[] = [];
    let next = 0;
    async function work(): Promise<void> {
      for (let index = next++; index < waiting.length; index = next++) {
        const entry = waiting[index];
        if (entry === undefined) return;
        const { suite, subject, each } = entry;
        const { name, proves, guarantee } = each;
        const row: ScorecardRow = { adapter, version, server, suite, subject, case: name, proves, guarantee, score: await scoreOf(each) };
        scored[index] = row;
        onRow?.(row);
      }
    }
    await Promise.all(Array.from({ length: concurrency }, work));
    rows.push(...scored);
  }
  return rows;
}

async function scoreOf({ skip, run }: BoundCase): Promise<Score> {
  if (skip !== undefined) return { result: "skipped", why: skip };
  try {
    await run();
    return { result: "passed" };
  } catch (error) {
    return { result: "failed", why: error instanceof Error ? error.message : String(error) };
  }
}
