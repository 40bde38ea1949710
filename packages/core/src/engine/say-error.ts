import { inspect } from "node:util";

/** What a thrown value says; anything may be thrown. */
export function sayError(error: unknown): string {
  if (error instanceof Error) return error.message;
  return typeof error === "string" ? error : inspect(error, { depth: 1, breakLength: Number.POSITIVE_INFINITY });
}

/** A thrown value as an Error. */
export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(sayError(error));
}
