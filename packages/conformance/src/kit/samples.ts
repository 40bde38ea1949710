import type { Headers, Payload } from "@spillway/spec";
import { bytes } from "./facts.ts";

const letterA = 97;

/** A payload of every byte that there is. */
export const everyByte: Uint8Array = Uint8Array.from({ length: 256 }, (_, n) => n);

/** A payload of this size whose parts differ, so that a cut or a shift shows. */
export function largePayload(byteLength: number): Uint8Array {
  return new Uint8Array(byteLength).map((_, n) => letterA + (n % 23));
}

/** A tombstone, an empty payload, and one that reads like a tombstone. */
export const threeKindsOfNothing: readonly Payload[] = [null, bytes(""), bytes("null")];

/** Headers as they mostly are. */
export const textHeaders: Headers = [
  ["traceparent", "00-ab-cd-01"],
  ["content-type", "application/json"],
  ["greeting", "grüß dich"],
];

/** Headers of which two have one name, with another between them. */
export const repeatedHeaders: Headers = [
  ["tag", "one"],
  ["other", "between"],
  ["tag", "two"],
];

/** A header whose value is no text. */
export const binaryHeaders: Headers = [["raw", Uint8Array.of(0, 255, 128, 10)]];
