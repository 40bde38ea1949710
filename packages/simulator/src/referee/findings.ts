/** A promise that was broken. */
export interface Violation {
  /** The guarantee, as docs/semantics.md numbers it, or "contract" for what the spec asks of the engine. */
  readonly guarantee: string;
  readonly says: string;
}

/** Collects what was broken; the first is what a run is stopped for. */
export class Findings {
  readonly violations: Violation[] = [];
  /** Called with each. */
  readonly #onFound: (violation: Violation) => void;

  constructor(onFound: (violation: Violation) => void) {
    this.#onFound = onFound;
  }

  add(guarantee: string, says: string): void {
    const violation = { guarantee, says };
    this.violations.push(violation);
    this.#onFound(violation);
  }
}
