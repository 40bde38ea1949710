import type { Message } from "@spillway/spec";

/** The bytes that a message's value holds, for credits: known for byte and text payloads, 0 for anything else. */
export function sizeOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  return value instanceof Uint8Array ? value.byteLength : 0;
}

/** The bytes that the values of these messages hold. */
export function bytesOf(messages: readonly Message<unknown>[]): number {
  let bytes = 0;
  for (const { value } of messages) bytes += sizeOf(value);
  return bytes;
}
