import type { MessageAttributeValue } from "@aws-sdk/client-sqs";
import type { Header, Headers } from "@spillway/spec";
import { pointerSizeAttributes } from "./large-payload.ts";
import { metaAttribute, pack, unpack, type Meta } from "./meta.ts";
import { isSqsText } from "./sqs-text.ts";

/** The header that travels as SQS's system attribute of this name: X-Ray's trace header. It counts neither as one of the ten nor in the size. */
export const traceHeader = "AWSTraceHeader";

/** SQS's limit. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
export const maxAttributes = 10;

/** The attributes of a message, as the SDK takes and gives them. */
export type Attributes = Record<string, MessageAttributeValue>;

/** Headers as SQS carries them. */
export interface PackedHeaders {
  readonly attributes: Attributes;
  readonly trace: string | undefined;
  readonly meta: Pick<Meta, "names" | "headers">;
}

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
const attributeName = /^(?!aws\.|amazon\.|\.)(?!.*\.\.)(?!.*\.$)[A-Za-z0-9_.-]{1,256}$/i;
const reservedNames: ReadonlySet<string> = new Set([metaAttribute, ...pointerSizeAttributes]);
const noHeaders: PackedHeaders = { attributes: {}, trace: undefined, meta: {} };
const traceHeaderForm = /^Root=1-[0-9a-f]{8}-[0-9a-f]{24}(;|$)/;

/**
 * Headers as attributes where they fit: unlike names, values that SQS takes, no more than there is room for. If one does not fit, all travel in the
 * adapter's own attribute, so that order and repetition are kept.
 */
export function packHeaders(headers: Headers, room: number): PackedHeaders {
  if (headers.length === 0) return noHeaders;
  const trace = traceOf(headers);
  const names = headers.map(([name]) => name);
  const listed = names.filter((name) => name !== traceHeader);
  const sorted = isSorted(names);
  const fits = listed.length <= (sorted ? room : room - 1) && new Set(names).size === names.length && headers.every(canBeAttribute);
  if (!fits) return { attributes: {}, trace, meta: { headers: headers.map(([name, value]) => [name, pack(value)]) } };
  const attributes = Object.fromEntries(
    headers.filter(([name]) => name !== traceHeader).map(([name, value]) => [name, attributeOf(value)]),
  );
  return { attributes, trace, meta: sorted ? {} : { names } };
}

/** The headers that packHeaders was given; of a message from elsewhere its attributes, by name. */
export function unpackHeaders(attributes: Attributes, trace: string | undefined, meta: Meta | undefined): Headers {
  return meta?.headers?.map(([name, value]): Header => [name, unpack(value)]) ?? nativeHeaders(attributes, trace, meta?.names);
}

function nativeHeaders(attributes: Attributes, trace: string | undefined, order: readonly string[] | undefined): Header[] {
  const headers: Header[] = [];
  if (trace !== undefined) headers.push([traceHeader, trace]);
  for (const [name, { StringValue, BinaryValue }] of Object.entries(attributes)) {
    const value = StringValue ?? BinaryValue;
    if (value !== undefined && !reservedNames.has(name)) headers.push([name, value]);
  }
  if (headers.length < 2) return headers;
  // SQS keeps no order of its own; the same message must always give the same one.
  if (order === undefined) return headers.sort(([a], [b]) => (a < b ? -1 : 1));
  const rank = new Map(order.map((name, index) => [name, index]));
  return headers.sort(([a], [b]) => (rank.get(a) ?? order.length) - (rank.get(b) ?? order.length));
}

function canBeAttribute([name, value]: Header): boolean {
  if (name === traceHeader) return typeof value === "string" && traceHeaderForm.test(value);
  if (!attributeName.test(name) || reservedNames.has(name)) return false;
  return typeof value === "string" ? isSqsText(value) : value.length > 0;
}

function attributeOf(value: string | Uint8Array): MessageAttributeValue {
  return typeof value === "string" ? { DataType: "String", StringValue: value } : { DataType: "Binary", BinaryValue: value };
}

function traceOf(headers: Headers): string | undefined {
  const value = headers.find((header) => header[0] === traceHeader && canBeAttribute(header))?.[1];
  return typeof value === "string" ? value : undefined;
}

function isSorted(names: readonly string[]): boolean {
  return names.every((name, index) => index === 0 || (names[index - 1] ?? "") < name);
}
