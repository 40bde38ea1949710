import type { Message as SqsMessage } from "@aws-sdk/client-sqs";
import { SpillwayError, type QueueMessage, type Payload } from "@spillway/spec";
import { readBody } from "./body.ts";
import { isMd5Of } from "./checksum.ts";
import { traceHeader, unpackHeaders } from "./headers.ts";
import { keyText } from "./key.ts";
import { pointerSizeAttributes, readPointer } from "./large-payload.ts";
import { metaAttribute, readMeta, unpack, type Meta } from "./meta.ts";
import type { ObjectLocation } from "./object-store.ts";
import { writeReceipt } from "./receipt.ts";

/** A message of SQS, looked through but with its payload perhaps still elsewhere. */
export interface ReceivedMessage {
  readonly raw: SqsMessage;
  readonly body: string;
  readonly meta: Meta | undefined;
  /** Where the payload is; undefined when the body holds it. */
  readonly object: ObjectLocation | undefined;
  /** The payload's size in bytes, where it is in an object and the message says so. */
  readonly objectBytes: number | undefined;
}

/** Looks a message through. Throws SPILLWAY_SQS_CHECKSUM or SPILLWAY_FORMAT for one that must not be passed on as it is. */
export function inspect(raw: SqsMessage, options: { readonly checkMd5: boolean; readonly followPointers: boolean }): ReceivedMessage {
  const body = raw.Body ?? "";
  if (options.checkMd5 && !isMd5Of(body, raw.MD5OfBody)) {
    throw new SpillwayError(
      `Message ${raw.MessageId} arrived with a wrong checksum and was left in the queue: it comes back when its visibility ends. ` +
        "If this goes on, something between the queue and this process changes messages.",
      { code: "SPILLWAY_SQS_CHECKSUM" },
    );
  }
  const metaText = raw.MessageAttributes?.[metaAttribute]?.StringValue;
  const size = pointerSizeAttributes.map((name) => raw.MessageAttributes?.[name]?.StringValue).find((text) => text !== undefined);
  return {
    raw,
    body,
    meta: metaText === undefined ? undefined : readMeta(metaText),
    object: options.followPointers && size !== undefined ? readPointer(body) : undefined,
    objectBytes: size === undefined ? undefined : Number(size),
  };
}

/** A message of SQS as ours, with the key bytes that it arrived with where its key was not text. */
export interface ReadMessage {
  readonly message: QueueMessage<Payload>;
  readonly keyBytes: Uint8Array | undefined;
}

/** Makes an inspected message ours. `body` is its body, or the text of the object that the body points to. */
export function readMessage(
  received: ReceivedMessage,
  body: string,
  options: { readonly fifo: boolean; readonly receivedAtMs: number },
): ReadMessage {
  const { raw, meta, object } = received;
  const system = raw.Attributes ?? {};
  const key = meta?.key === undefined ? groupKey(options.fifo, system.MessageGroupId, meta) : unpack(meta.key);
  return {
    message: {
      id: raw.MessageId ?? "",
      key: key === undefined ? undefined : keyText(key),
      value: readBody(body, meta?.body),
      headers: unpackHeaders(raw.MessageAttributes ?? {}, system[traceHeader], meta),
      timestampMs: Number(system.SentTimestamp ?? options.receivedAtMs),
      receipt: writeReceipt({ handle: raw.ReceiptHandle ?? "", receivedAtMs: options.receivedAtMs, object }),
      receiveCount: Number(system.ApproximateReceiveCount ?? 1),
    },
    keyBytes: typeof key === "string" ? undefined : key,
  };
}

// On a standard queue a group only names a tenant (fair queues) and orders nothing.
function groupKey(fifo: boolean, group: string | undefined, meta: Meta | undefined): string | undefined {
  return fifo && meta?.keyless === undefined ? group : undefined;
}
