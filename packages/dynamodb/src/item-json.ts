/** Attributes as JSON in which equal ones are equal: bytes as text, sets in one order. The order of an item's attributes stays. */
export function itemJson(attributes: unknown): string {
  return JSON.stringify(attributes, (name, value: unknown) => {
    if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
    return (name === "SS" || name === "NS" || name === "BS") && Array.isArray(value) ? value.map(String).toSorted() : value;
  });
}
