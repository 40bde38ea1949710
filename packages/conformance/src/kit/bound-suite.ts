import { openContext } from "./case-context.ts";
import { settled, type Settled } from "./check.ts";
import { ConformanceFailure } from "./conformance-failure.ts";
import type { ConformanceCase, Guarantee, Suite } from "./conformance-case.ts";
import type { Closable, Harness } from "./harness.ts";

/** A suite together with the harness it will be run on: nothing is left to choose. */
export interface BoundSuite {
  readonly suite: string;
  /** The harness's name. */
  readonly subject: string;
  readonly deadlineMs: number;
  readonly cases: readonly BoundCase[];
}

/** One case, ready to run. */
export interface BoundCase {
  readonly name: string;
  readonly proves: string;
  readonly guarantee: Guarantee;
  /** Why the case cannot be tried on this harness; undefined when it can. */
  readonly skip: string | undefined;
  /** Opens a subject, tries the fact on it and closes it. Rejects with ConformanceFailure when the fact does not hold. */
  run(): Promise<void>;
}

/** Binds a suite to a harness; nothing runs yet. */
export function bindSuite<Subject extends Closable, Need extends string>(
  suite: Suite<Subject, Need>,
  harness: Harness<Subject, Need>,
): BoundSuite {
  return {
    suite: suite.name,
    subject: harness.name,
    deadlineMs: harness.deadlineMs,
    cases: suite.cases.map((each) => ({
      name: each.name,
      proves: each.proves,
      guarantee: each.guarantee,
      skip: skipReason(each, harness),
      run: () => runCase(each, harness),
    })),
  };
}

function skipReason<Subject extends Closable, Need extends string>(
  { needs }: ConformanceCase<Subject, Need>,
  { lacks }: Harness<Subject, Need>,
): string | undefined {
  const reasons = needs.flatMap((need) => lacks[need] ?? []);
  return reasons.length === 0 ? undefined : [...new Set(reasons)].join("; ");
}

async function runCase<Subject extends Closable, Need extends string>(
  each: ConformanceCase<Subject, Need>,
  harness: Harness<Subject, Need>,
): Promise<void> {
  const context = openContext(harness.deadlineMs);
  try {
    const subject = await context.within("opening the subject", harness.open({ signal: context.signal }));
    const outcome = await settled(each.run(subject, context));
    // As the engine does: first everything that reads or waits ends, then what it stood on.
    context.end();
    await closeSubject(subject, harness.deadlineMs, outcome);
  } finally {
    context.end();
  }
}

async function closeSubject(subject: Closable, deadlineMs: number, outcome: Settled<void>): Promise<void> {
  const closing = openContext(deadlineMs);
  const closed = await settled(closing.within("closing the subject", subject.close()));
  closing.end();
  // The case's own failure says more than what it broke on the way out.
  if (outcome.state === "rejected") throw asFailure(outcome.error);
  if (closed.state === "rejected") throw closed.error;
}

function asFailure(error: unknown): ConformanceFailure {
  return error instanceof ConformanceFailure
    ? error
    : new ConformanceFailure("every call answers as the case expects", "no rejection", error, error);
}
