import { bindSuite } from "./bound-suite.ts";
import type { Suite } from "./conformance-case.ts";
import type { Closable, Harness } from "./harness.ts";

/** The two things that are needed of a test framework. */
export interface TestRunner {
  /** Registers a test that passes when `run` resolves; vitest's `test` fits as it is. */
  test(name: string, run: () => Promise<void>, timeoutMs: number): unknown;
  /** Registers a test that is not run, and says why. */
  skip(name: string, reason: string): unknown;
}

// The kit's own deadline names what did not happen; the framework's timeout must not come first.
const frameworkGraceMs = 10_000;

/** Registers every case of the suite as a test of the framework: this is the whole conformance file of an adapter. */
export function conform<Subject extends Closable, Need extends string>(
  runner: TestRunner,
  suite: Suite<Subject, Need>,
  harness: Harness<Subject, Need>,
): void {
  for (const each of bindSuite(suite, harness).cases) {
    const name = `${suite.name}, ${harness.name}: ${each.name}`;
    if (each.skip === undefined) runner.test(name, each.run, harness.deadlineMs + frameworkGraceMs);
    else runner.skip(name, each.skip);
  }
}
