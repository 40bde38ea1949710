import type { GateExplanation } from "../gate-explanation.ts";
import { backoffAfterError } from "./backoff-after-error.ts";
import type { Run } from "./run-context.ts";
import { sayError } from "./say-error.ts";

/** What keeps a source from being read: an event whenever a call fails, and for explain() for as long as they fail. */
export class SourceTrouble {
  readonly #run: Run;
  readonly #source: string;
  readonly #where: string;
  #failures = 0;
  #error: unknown = undefined;

  constructor(run: Run, source: string, partition: string | undefined) {
    this.#run = run;
    this.#source = source;
    this.#where = partition === undefined ? source : `${source} ${partition}`;
  }

  /** A call has failed, for the so-manieth time in a row; returns after how many milliseconds to make the next one. */
  failed(error: unknown, failures: number): number {
    this.#failures = failures;
    this.#error = error;
    const delayMs = backoffAfterError(failures, this.#run.clock);
    this.#run.emit({ type: "source-failed", source: this.#source, error, delayMs });
    return delayMs;
  }

  /** A call has succeeded. */
  passed(): void {
    this.#failures = 0;
    this.#error = undefined;
  }

  /** Undefined while all is well. */
  get gate(): GateExplanation | undefined {
    if (this.#failures === 0) return undefined;
    return { gate: "source", says: `${this.#where} cannot be read, after ${this.#failures} tries: ${sayError(this.#error)}` };
  }
}
