/** DynamoDB's JSON of anything that the SDK gives: bytes in base64, as Lambda events have them. */
export function marshalledJson(value: unknown): string {
  return JSON.stringify(value, (_name, each: unknown) => (each instanceof Uint8Array ? Buffer.from(each).toString("base64") : each));
}
