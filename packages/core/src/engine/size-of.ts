/** The bytes that a message's value holds, for credits: known for byte and text payloads, 0 for anything else. */
export function sizeOf(value: unknown): number {
  if (value instanceof Uint8Array) return value.byteLength;
  return typeof value === "string" ? value.length : 0;
}
