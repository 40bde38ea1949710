/** A key as text, in which equal keys are equal; bytes are written in base64. */
export function keyText(key: string | Uint8Array): string {
  return typeof key === "string" ? key : Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("base64");
}
