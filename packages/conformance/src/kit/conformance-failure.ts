import { inspect } from "node:util";
import { SpillwayError } from "@spillway/spec";

/** What a case throws when the subject breaks the contract: the fact that does not hold, what was expected and what was there. */
export class ConformanceFailure extends SpillwayError {
  override readonly name: string = "ConformanceFailure";
  readonly expected: unknown;
  readonly actual: unknown;

  constructor(fact: string, expected: unknown, actual: unknown, cause?: unknown) {
    super(`${fact}: expected ${brief(expected)}, got ${brief(actual)}. The adapter breaks the contract: see the case's "proves".`, {
      code: "SPILLWAY_CONFORMANCE",
      failureClass: "permanent",
      ...(cause === undefined ? {} : { cause }),
    });
    this.expected = expected;
    this.actual = actual;
  }
}

function brief(value: unknown): string {
  const text = inspect(value, { depth: 4, maxArrayLength: 20, maxStringLength: 200, breakLength: Infinity });
  return text.length > 600 ? `${text.slice(0, 600)}…` : text;
}
