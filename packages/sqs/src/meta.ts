import { SpillwayError } from "@spillway/spec";
import { fromBase64, sqsJson, toBase64 } from "./sqs-text.ts";

/**
 * The one message attribute that is this adapter's own. It is there only when a message holds what SQS has no place for: binary or empty bodies,
 * tombstones, keys, and headers beyond SQS's ten attributes or unlike them. Its value is JSON, see Meta.
 */
export const metaAttribute = "spillway-meta";

/** Text, or bytes as base64. */
export type Packed = string | { readonly b64: string };

/** What the attribute says. Version 1; a reader refuses a version that it does not know. */
export interface Meta {
  readonly v: 1;
  /** What the body stands for, where it is not the payload's text itself. */
  readonly body?: BodyForm | undefined;
  /** The message's key, where its group does not say it. */
  readonly key?: Packed | undefined;
  /** Set when the message has no key, though a FIFO queue gave it a group. */
  readonly keyless?: true | undefined;
  /** The order of the headers that travel as attributes, where it is not that of their names. */
  readonly names?: readonly string[] | undefined;
  /** All headers, where some cannot travel as attributes. */
  readonly headers?: readonly (readonly [name: string, value: Packed])[] | undefined;
}

/** How a payload is written as a body when it is not text that SQS takes. */
export type BodyForm = "base64" | "empty" | "tombstone";

/** The attribute's value, undefined when there is nothing to say. */
export function writeMeta(meta: Omit<Meta, "v">): string | undefined {
  const { body, key, keyless, names, headers } = meta;
  if (body === undefined && key === undefined && keyless === undefined && names === undefined && headers === undefined) return undefined;
  return sqsJson({ v: 1, ...meta });
}

/** Reads the attribute's value. Throws SPILLWAY_FORMAT when it is damaged, or of a version that this code does not know. */
export function readMeta(text: string): Meta {
  const meta = parse(text);
  if (typeof meta === "object" && meta !== null && "v" in meta && meta.v === 1) return meta as Meta;
  throw new SpillwayError(
    `The message attribute "${metaAttribute}" is not of version 1: it was written by a newer release, or by something else under a reserved name.`,
    { code: "SPILLWAY_FORMAT", failureClass: "permanent" },
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SpillwayError(`The message attribute "${metaAttribute}" is not JSON: ${String(error)}`, {
      code: "SPILLWAY_FORMAT",
      failureClass: "permanent",
      cause: error,
    });
  }
}

/** Bytes or text as JSON holds them. */
export function pack(value: string | Uint8Array): Packed {
  return typeof value === "string" ? value : { b64: toBase64(value) };
}

/** What pack was given. */
export function unpack(packed: Packed): string | Uint8Array {
  return typeof packed === "string" ? packed : fromBase64(packed.b64);
}
