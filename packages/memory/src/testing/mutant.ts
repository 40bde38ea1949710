import { bindSuite, ConformanceFailure, type Closable, type Harness, type Suite } from "@spillway/conformance";
import { SpillwayError } from "@spillway/spec";
import { expect, test } from "vitest";

/** A deliberately broken adapter, made by breaking one thing of a good one. */
export interface Mutant<Subject> {
  /** What it does wrong, as a verb: "loses headers". */
  readonly name: string;
  /** The names of the cases that must reject it. */
  readonly rejectedBy: readonly string[];
  /** Breaks a subject; the good one is not used any more. */
  mutate(subject: Subject): Subject;
}

// Cases on memory take milliseconds: what has not come by then was lost.
const mutantDeadlineMs = 500;

/** Registers the proof that the suite can tell: each case passes on the good adapter and rejects at least one broken one. */
export function proveByMutants<Subject extends Closable, Need extends string>(
  suite: Suite<Subject, Need>,
  harness: Harness<Subject, Need>,
  mutants: readonly Mutant<Subject>[],
): void {
  const good = bindSuite(suite, harness);

  test("every case has a mutant, and every mutant names cases that exist", () => {
    const named = new Set(mutants.flatMap(({ rejectedBy }) => rejectedBy));
    expect([...named].toSorted()).toEqual(good.cases.map(({ name }) => name).toSorted());
  });

  test.concurrent.each(good.cases)("passes on the good adapter: $name", async ({ run, skip }) => {
    expect(skip).toBeUndefined();
    await expect(run()).resolves.toBeUndefined();
  });

  for (const mutant of mutants) {
    const broken = bindSuite(suite, {
      ...harness,
      deadlineMs: mutantDeadlineMs,
      open: async (options) => mutant.mutate(await harness.open(options)),
    });
    const cases = broken.cases.filter(({ name }) => mutant.rejectedBy.includes(name));
    test.concurrent.each(cases)(`an adapter that ${mutant.name} is rejected: $name`, async ({ run }) => {
      const error = await run().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(ConformanceFailure);
      // A cause of another kind would mean that the mutant fell over, not that the case found it out.
      expect((error as ConformanceFailure).cause ?? new SpillwayError("", { code: "SPILLWAY_NONE" })).toBeInstanceOf(SpillwayError);
    });
  }
}
