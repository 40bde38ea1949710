/** The bytes that a message's value holds, for credits: known for byte and text payloads, 0 for anything else. */
export function sizeOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  return value instanceof Uint8Array ? value.byteLength : 0;
}
