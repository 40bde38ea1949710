import type { Headers, Payload } from "@spillway/spec";

/** Bytes of a text, in UTF-8. */
export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The text of a payload, or null for a tombstone. */
export function text(payload: Payload): string | null {
  return payload === null ? null : new TextDecoder().decode(payload);
}

/** A form of bytes that compares and prints well: a Buffer and a Uint8Array of the same bytes are the same. */
export function hex(value: string | Uint8Array | null | undefined): string | null | undefined {
  if (value === null || value === undefined) return value;
  const raw = typeof value === "string" ? bytes(value) : value;
  return `${raw.byteLength} bytes ${Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString("hex")}`;
}

/** Headers in a form that compares well, whether a value came back as text or as bytes. */
export function plainHeaders(headers: Headers): readonly (readonly [string, string | null | undefined])[] {
  return headers.map(([name, value]) => [name, hex(value)]);
}

/** Whole numbers from 0 up to, not including, the count. */
export function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}
