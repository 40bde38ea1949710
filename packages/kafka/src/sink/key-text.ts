/** A key as text in which equal keys are equal. */
export function keyText(key: string | Uint8Array | undefined): string | undefined {
  return typeof key === "object" ? Buffer.from(key).toString("latin1") : key;
}
