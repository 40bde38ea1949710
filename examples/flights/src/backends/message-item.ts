import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { Item, ItemValue } from "@spillway/dynamodb-streams";
import { SpillwayError, type Header, type OutgoingMessage, type Payload } from "@spillway/spec";

/** A message as it lies in a table. */
export type TableMessage = Pick<OutgoingMessage<Payload>, "key" | "value"> & { readonly headers: readonly Header[] };

/** The attributes of a message; the table's own key attribute is added to them. */
export function toAttributes({ key, value, headers = [] }: OutgoingMessage<Payload>): Record<string, AttributeValue> {
  return {
    ...(key !== undefined && { key: attribute(key) }),
    value: value === null ? { NULL: true } : { B: value },
    headers: { L: headers.map(([name, content]) => ({ L: [{ S: name }, attribute(content)] })) },
  };
}

/** The message in an item, as a stream gives it. */
export function fromItem({ key, value, headers }: Item): TableMessage {
  if (!isPayload(value) || !Array.isArray(headers)) throw notOurs();
  return { key: isContent(key) ? key : undefined, value, headers: headers.map(toHeader) };
}

/** The message in an item, as a scan gives it. */
export function fromAttributes({ key, value, headers }: Readonly<Record<string, AttributeValue>>): TableMessage {
  return fromItem({
    key: key?.S ?? key?.B ?? null,
    value: value?.B ?? null,
    headers: (headers?.L ?? []).map(({ L = [] }) => L.map(({ S, B }) => S ?? B ?? null)),
  });
}

function toHeader(header: ItemValue): Header {
  const [name, content] = Array.isArray(header) ? (header as readonly ItemValue[]) : [];
  if (typeof name !== "string" || !isContent(content)) throw notOurs();
  return [name, content];
}

function attribute(value: string | Uint8Array): AttributeValue {
  return typeof value === "string" ? { S: value } : { B: value };
}

function isContent(value: ItemValue | undefined): value is string | Uint8Array {
  return typeof value === "string" || value instanceof Uint8Array;
}

function isPayload(value: ItemValue | undefined): value is Payload {
  return value === null || value instanceof Uint8Array;
}

function notOurs(): SpillwayError {
  return new SpillwayError("An item is no message of this example. Who else writes to its tables?", {
    code: "SPILLWAY_FORMAT",
    failureClass: "permanent",
  });
}
