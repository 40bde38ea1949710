import { SpillwayError, type Payload } from "@spillway/spec";
import { metaAttribute, type BodyForm } from "./meta.ts";
import { bytesAsSqsText, fromBase64, toBase64 } from "./sqs-text.ts";

/** A payload as SQS carries it: text, never empty. */
export interface Body {
  readonly text: string;
  /** The text's length in UTF-8. */
  readonly bytes: number;
  /** Undefined when the text is the payload, in UTF-8. */
  readonly form: BodyForm | undefined;
}

const emptyBody: Body = { text: "(empty)", bytes: 7, form: "empty" };
const tombstoneBody: Body = { text: "(tombstone)", bytes: 11, form: "tombstone" };
const utf8 = new TextEncoder();

/** Writes a payload as a body: as text if it is text that SQS takes, otherwise as base64. */
export function writeBody(payload: Payload): Body {
  if (payload === null) return tombstoneBody;
  if (payload.length === 0) return emptyBody;
  const text = bytesAsSqsText(payload);
  if (text !== undefined) return { text, bytes: payload.length, form: undefined };
  const base64 = toBase64(payload);
  return { text: base64, bytes: base64.length, form: "base64" };
}

/** Reads a body as the payload that writeBody was given. */
export function readBody(text: string, form: BodyForm | undefined): Payload {
  switch (form) {
    case "tombstone":
      return null;
    case "empty":
      return new Uint8Array(0);
    case "base64":
      return fromBase64(text);
    case undefined:
      return utf8.encode(text);
    default:
      throw new SpillwayError(
        `The message attribute "${metaAttribute}" names a body form that this release does not know: ${String(form)}.`,
        {
          code: "SPILLWAY_FORMAT",
          failureClass: "permanent",
        },
      );
  }
}
