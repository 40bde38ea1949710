/** What must be reached, and which way; with neither bound it is only told. */
export interface Bar {
  /** Unique over all scenarios. */
  readonly name: string;
  /** What is compared with what, in a few words. */
  readonly says: string;
  readonly atMost?: number;
  readonly atLeast?: number;
  readonly unit: string;
}

/** What was measured for one bar. */
export interface Measured {
  readonly name: string;
  readonly value: number;
  /** Half the distance between the quartiles of the rounds or processes, as a share of the value; undefined where there was one measurement, or the worst counts. */
  readonly spread: number | undefined;
  /** The figures behind it, for people. */
  readonly detail: string;
}

/** One workload: it is measured in a process of its own, and answers one or several bars. */
export interface Scenario {
  readonly bars: readonly Bar[];
  /** In how many processes, one after another: more than one where the compiler's choices change the answer by more than the rounds do. Default 1. */
  readonly processes?: number;
  /** Rejects when what was run did not do what it must: a wrong count, a broken order, a watermark that is not at the end. */
  measure(): Promise<readonly Measured[]>;
}

/** A bar with its answer; undefined when there was none. */
export interface Answer {
  readonly bar: Bar;
  readonly measured: Measured | undefined;
}

/** Whether the bar was reached. */
export function passes({ bar, measured }: Answer): boolean {
  if (measured === undefined) return false;
  return measured.value <= (bar.atMost ?? Number.POSITIVE_INFINITY) && measured.value >= (bar.atLeast ?? Number.NEGATIVE_INFINITY);
}

/** An answer as programs read it. */
export function toRow(answer: Answer): object {
  const { bar, measured } = answer;
  return {
    name: bar.name,
    ratio: measured?.value ?? null,
    bar: bar.atMost ?? bar.atLeast,
    unit: bar.unit,
    spread: measured?.spread ?? null,
    pass: passes(answer),
  };
}
