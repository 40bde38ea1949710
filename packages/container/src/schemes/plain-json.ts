/** DynamoDB's JSON of a value: one member, named by the value's type; bytes are base64 text. */
export type Marshalled = Readonly<Record<string, unknown>>;

/** DynamoDB's JSON of an item. */
export type MarshalledItem = Readonly<Record<string, Marshalled>>;

/** The item as plain JSON text. Numbers keep all their digits, sets are arrays, bytes are base64. */
export function plainJson(item: MarshalledItem): string {
  const members = Object.entries(item).map(([name, value]) => `${JSON.stringify(name)}:${plainValue(value)}`);
  return `{${members.join(",")}}`;
}

function plainValue(value: Marshalled): string {
  const [[type, inner] = []] = Object.entries(value);
  switch (type) {
    case "M":
      return plainJson(inner as MarshalledItem);
    case "L":
      return `[${(inner as readonly Marshalled[]).map(plainValue).join(",")}]`;
    case "N":
      return String(inner);
    case "NS":
      return `[${(inner as readonly string[]).join(",")}]`;
    case "NULL":
      return "null";
    case "S":
    case "B":
    case "BOOL":
    case "SS":
    case "BS":
      return JSON.stringify(inner);
    default:
      // A type of a later time: whoever decodes the payload says what becomes of it.
      return JSON.stringify(value);
  }
}
