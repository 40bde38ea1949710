import type { CaseContext } from "./case-context.ts";

/** The guarantee of the semantics model that a case stands for. */
export type Guarantee = "G1" | "G2" | "G3" | "G4" | "G5" | "G6" | "G7" | "G8" | "G9" | "G10" | "G11" | "G12" | "G13";

/** One fact of the contract, as data and as a program that tries it. */
export interface ConformanceCase<Subject, Need extends string> {
  /** The fact, as a sentence: "a batch write reports one result per message". Unique within its suite. */
  readonly name: string;
  /** What is proven by it, and what goes wrong in an engine where it does not hold; one sentence. */
  readonly proves: string;
  readonly guarantee: Guarantee;
  /** What the harness must be able to do; where it lacks one, the case is skipped with the harness's reason. */
  readonly needs: readonly Need[];
  /** Resolves when the fact holds; throws ConformanceFailure, or what a call of the subject rejects with, when it does not. */
  run(subject: Subject, context: CaseContext): Promise<void>;
}

/** All the cases of one kind of adapter. */
export interface Suite<Subject, Need extends string> {
  /** "log source", "queue source", "sink", "checkpoint store", "lease store". */
  readonly name: string;
  readonly cases: readonly ConformanceCase<Subject, Need>[];
}
