import type { Header, Message } from "@spillway/spec";

const name = "record";

/** The header by which the producer numbers the records of a file: 0 for the first. */
export function recordHeader(record: number): Header {
  return [name, String(record)];
}

/** Which record of its file a message is. Within a key the numbers grow, so that a message which comes again is recognised. */
export function recordNumber({ headers }: Pick<Message<unknown>, "headers">): number {
  const value = headers.find((header) => header[0] === name)?.[1];
  // Some backends keep the text of a header, others know bytes only.
  return Number(value instanceof Uint8Array ? Buffer.from(value).toString() : value);
}
