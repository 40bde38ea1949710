import { isDeepStrictEqual } from "node:util";
import { hasCode, type ErrorCode } from "@spillway/spec";
import { ConformanceFailure } from "./conformance-failure.ts";

/** Fails the case unless both are deeply equal. */
export function equal(fact: string, actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) throw new ConformanceFailure(fact, expected, actual);
}

/** Fails the case unless the condition holds; `actual` is what the failure shows. */
export function holds(fact: string, condition: boolean, actual: unknown): void {
  if (!condition) throw new ConformanceFailure(fact, "it to hold", actual);
}

/** Fails the case and says what was met instead. */
export function fail(fact: string, expected: unknown, actual: unknown): never {
  throw new ConformanceFailure(fact, expected, actual);
}

/** Fails the case unless the call rejects with this code. */
export async function rejectsWith(fact: string, call: Promise<unknown>, code: ErrorCode): Promise<void> {
  const outcome = await settled(call);
  if (outcome.state === "resolved") throw new ConformanceFailure(fact, `a rejection with ${code}`, outcome.value);
  if (!hasCode(outcome.error, code)) throw new ConformanceFailure(fact, `a rejection with ${code}`, outcome.error);
}

/** How a call ended. */
export type Settled<T> = { readonly state: "resolved"; readonly value: T } | { readonly state: "rejected"; readonly error: unknown };

/** Resolves to how the call ended, and never rejects. */
export function settled<T>(call: Promise<T>): Promise<Settled<T>> {
  return call.then(
    (value) => ({ state: "resolved", value }),
    (error: unknown) => ({ state: "rejected", error }),
  );
}

/** Lets work go on while the case does something else first; if the case fails meanwhile, the work's own rejection is of no interest. */
export function meanwhile<T>(work: Promise<T>): Promise<T> {
  void settled(work);
  return work;
}
