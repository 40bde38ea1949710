import { randomUUID } from "node:crypto";
import type { SendMessageBatchRequestEntry } from "@aws-sdk/client-sqs";
import { SpillwayError, type OutgoingMessage, type Payload } from "@spillway/spec";
import { writeBody, type Body } from "./body.ts";
import { deduplicationId } from "./deduplication-id.ts";
import { maxAttributes, packHeaders, traceHeader, type Attributes } from "./headers.ts";
import { isSqsId, keyText, sqsId } from "./key.ts";
import { pointerSizeAttribute, writePointer } from "./large-payload.ts";
import { metaAttribute, pack, writeMeta, type Meta } from "./meta.ts";
import type { ObjectLocation } from "./object-store.ts";
import { textBytes } from "./sqs-text.ts";

/** A message as SQS takes it, without the id that names it within a call. */
export interface OutgoingEntry {
  readonly entry: Omit<SendMessageBatchRequestEntry, "Id">;
  /** What SQS counts against its limits: the body, and the attributes' names, types and values. */
  readonly bytes: number;
  /** What goes into an object first; undefined when the body holds the payload. */
  readonly upload: { readonly object: ObjectLocation; readonly text: string } | undefined;
}

/** How entries are made. */
export interface EntryOptions {
  readonly fifo: boolean;
  readonly maxBytes: number;
  readonly delaySeconds: number | undefined;
  /** The tenant on a standard queue (fair queues), or the group on a FIFO queue where it is not to be the key. */
  readonly groupId: string | undefined;
  readonly deduplicationId: string | undefined;
  /** Larger messages go to an object that this names; undefined when there is no store for them. */
  readonly objectFor: (() => ObjectLocation) | undefined;
  /** Of a message with an object store: from how many bytes on its payload goes there. */
  readonly thresholdBytes: number;
}

/** Writes a message as SQS takes it. Throws SPILLWAY_OVERSIZE for one that is too large. */
export function outgoingEntry(message: OutgoingMessage<Payload>, options: EntryOptions): OutgoingEntry {
  const body = writeBody(message.value);
  const whole = entryWith(message, options, body, {});
  const { objectFor } = options;
  if (objectFor !== undefined && whole.bytes > options.thresholdBytes) {
    const object = objectFor();
    const size = { [pointerSizeAttribute]: { DataType: "Number", StringValue: String(body.bytes) } };
    const pointer = writePointer(object);
    const pointing = entryWith(message, options, { text: pointer, bytes: textBytes(pointer), form: body.form }, size);
    return { ...refuseOversize(pointing, options, "its key and headers alone"), upload: { object, text: body.text } };
  }
  return { ...refuseOversize(whole, options, "it"), upload: undefined };
}

function refuseOversize<Entry extends { readonly bytes: number }>(
  entry: Entry,
  { maxBytes, objectFor }: EntryOptions,
  what: string,
): Entry {
  if (entry.bytes <= maxBytes) return entry;
  const advice =
    objectFor === undefined ? "Make it smaller, or pass largeMessages to keep large payloads in an object store." : "Make them smaller.";
  throw new SpillwayError(`A message is too large for SQS: ${what} would take ${entry.bytes} bytes of at most ${maxBytes}. ${advice}`, {
    code: "SPILLWAY_OVERSIZE",
    failureClass: "permanent",
  });
}

function entryWith(
  message: OutgoingMessage<Payload>,
  options: EntryOptions,
  body: Body,
  pointer: Attributes,
): Omit<OutgoingEntry, "upload"> {
  const group = groupOf(message, options);
  // Whether the key, the body and the headers need the one attribute of our own decides how many are left for the headers.
  const own: Omit<Meta, "v"> = { body: body.form, key: group.key, keyless: group.keyless };
  const room = maxAttributes - Object.keys(pointer).length - (writeMeta(own) === undefined ? 0 : 1);
  const headers = packHeaders(message.headers ?? [], room);
  const meta = writeMeta({ ...own, ...headers.meta });
  const attributes: Attributes = { ...headers.attributes, ...pointer };
  if (meta !== undefined) attributes[metaAttribute] = { DataType: "String", StringValue: meta };
  return {
    bytes: body.bytes + attributeBytes(attributes),
    entry: {
      MessageBody: body.text,
      MessageAttributes: Object.keys(attributes).length === 0 ? undefined : attributes,
      MessageSystemAttributes:
        headers.trace === undefined ? undefined : { [traceHeader]: { DataType: "String", StringValue: headers.trace } },
      DelaySeconds: options.delaySeconds,
      MessageGroupId: group.id,
      MessageDeduplicationId: options.fifo ? deduplicationIdOf(message, options) : undefined,
    },
  };
}

function deduplicationIdOf(message: OutgoingMessage<Payload>, { deduplicationId: chosen }: EntryOptions): string {
  return chosen === undefined ? deduplicationId(message) : sqsId(chosen);
}

interface Group {
  readonly id: string | undefined;
  readonly key: Meta["key"];
  readonly keyless: Meta["keyless"];
}

/** The group of a message, and what of its key the group does not say. */
function groupOf({ key, id }: OutgoingMessage<Payload>, { fifo, groupId }: EntryOptions): Group {
  const packedKey = key === undefined ? undefined : pack(key);
  if (!fifo) return { id: groupId === undefined ? undefined : sqsId(groupId), key: packedKey, keyless: undefined };
  // A message without a key needs no order, so it gets a group of its own, which holds up nobody.
  if (key === undefined) return { id: sqsId(groupId ?? id ?? randomUUID()), key: undefined, keyless: true };
  const text = groupId ?? keyText(key);
  return { id: sqsId(text), key: isSqsId(text) && text === key ? undefined : packedKey, keyless: undefined };
}

function attributeBytes(attributes: Attributes): number {
  let bytes = 0;
  for (const [name, { DataType = "", StringValue, BinaryValue }] of Object.entries(attributes)) {
    bytes += textBytes(name) + textBytes(DataType) + (StringValue === undefined ? (BinaryValue?.length ?? 0) : textBytes(StringValue));
  }
  return bytes;
}
