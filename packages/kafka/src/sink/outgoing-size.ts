import type { OutgoingMessage, Payload } from "@spillway/spec";

/** What a record takes beside its key, value and headers, generously. */
const overheadBytes = 32;

/** How many bytes a message takes in a batch at most, before packing. */
export function outgoingSize({ key, value, headers = [] }: OutgoingMessage<Payload>): number {
  let bytes = overheadBytes + lengthOf(key) + (value?.length ?? 0);
  for (const [name, headerValue] of headers) bytes += name.length * 3 + lengthOf(headerValue) + 10;
  return bytes;
}

/** Of text at most: three bytes for each unit. */
function lengthOf(value: string | Uint8Array | undefined): number {
  if (value === undefined) return 0;
  return typeof value === "string" ? value.length * 3 : value.length;
}
