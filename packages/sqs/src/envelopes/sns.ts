import { isJsonObject, notWhat, optionalTextOf, parseJsonObject, textOf, type JsonInput } from "./parse-json.ts";

/** A message as SNS wraps it for a queue, where raw delivery is off. */
export interface SnsEnvelope {
  readonly messageId: string;
  readonly topicArn: string;
  readonly subject: string | undefined;
  /** What was published: text, often JSON. */
  readonly message: string;
  /** Milliseconds since the Unix epoch. */
  readonly timestampMs: number;
  /** In the order in which SNS lists them; a Binary value is base64, as SNS sends it. */
  readonly attributes: readonly { readonly name: string; readonly type: string; readonly value: string }[];
  /** Of a FIFO topic: 20 digits. */
  readonly sequenceNumber: string | undefined;
}

const what = "an SNS notification";

/** The envelope of a message that SNS wrapped. Throws SPILLWAY_DECODE_FAILED for anything else. */
export function snsEnvelope(input: JsonInput): SnsEnvelope {
  const envelope = parseJsonObject(input, what);
  const type = textOf(envelope, "Type", what);
  if (type !== "Notification") {
    throw notWhat(what, `it is a ${type}, which a person answers once: confirm or delete the subscription, then delete this message`);
  }
  const attributes = isJsonObject(envelope.MessageAttributes) ? envelope.MessageAttributes : {};
  return {
    messageId: textOf(envelope, "MessageId", what),
    topicArn: textOf(envelope, "TopicArn", what),
    subject: optionalTextOf(envelope, "Subject"),
    message: textOf(envelope, "Message", what),
    timestampMs: Date.parse(textOf(envelope, "Timestamp", what)),
    attributes: Object.entries(attributes).map(([name, attribute]) => {
      if (!isJsonObject(attribute)) throw notWhat(what, `attribute "${name}" is no object`);
      return { name, type: textOf(attribute, "Type", what), value: textOf(attribute, "Value", what) };
    }),
    sequenceNumber: optionalTextOf(envelope, "SequenceNumber"),
  };
}

/**
 * What was published to SNS, whether the subscription wraps it or delivers it raw: of an envelope its message, of anything else the text itself. A
 * published text that looks like an envelope is taken for one; use snsEnvelope, or nothing, where the subscription is known.
 */
export function snsMessage(input: Uint8Array | string | null): string {
  if (input === null) return snsEnvelope(input).message;
  const text = typeof input === "string" ? input : new TextDecoder().decode(input);
  return looksWrapped(text) ? snsEnvelope(text).message : text;
}

function looksWrapped(text: string): boolean {
  if (!text.trimStart().startsWith("{")) return false;
  try {
    const value: unknown = JSON.parse(text);
    return (
      isJsonObject(value) && typeof value.Type === "string" && typeof value.TopicArn === "string" && typeof value.MessageId === "string"
    );
  } catch {
    return false; // Text that is not JSON was delivered raw.
  }
}
