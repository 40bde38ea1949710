import type { ItemResult, Payload } from "@spillway/spec";

/** Bytes of a text. */
export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The text of a payload; null for a tombstone. */
export function text(payload: Payload): string | null {
  return payload === null ? null : new TextDecoder().decode(payload);
}

/** Each result as "ok" or its error's code. */
export function codes(results: readonly ItemResult[]): readonly string[] {
  return results.map((result) => (result.ok ? "ok" : "code" in result.error ? String(result.error.code) : result.error.name));
}

/** A signal that never aborts. */
export const calm: AbortSignal = new AbortController().signal;
