import { SpillwayError, type Headers, type Message, type Original, type OutgoingMessage, type Payload } from "@spillway/spec";

/** A message as a log or a queue holds it: a copy, so that nobody's later change to the bytes they sent or were given can reach it. */
export interface StoredMessage {
  readonly key: string | Uint8Array | undefined;
  readonly value: Payload;
  readonly headers: Headers;
  readonly timestampMs: number;
}

/** Copies a message in. Throws SPILLWAY_OVERSIZE for a payload of more than maxBytes. */
export function storedMessage(message: OutgoingMessage<Payload>, timestampMs: number, maxBytes: number): StoredMessage {
  const size = message.value?.byteLength ?? 0;
  if (size > maxBytes) {
    throw new SpillwayError(
      `A payload of ${size} bytes is above the limit of ${maxBytes} bytes (maxMessageBytes); it can never be stored.`,
      {
        code: "SPILLWAY_OVERSIZE",
        failureClass: "permanent",
      },
    );
  }
  return {
    key: typeof message.key === "object" ? copyBytes(message.key) : message.key,
    value: copyPayload(message.value),
    headers: (message.headers ?? []).map(([name, value]) => [name, typeof value === "string" ? value : copyBytes(value)]),
    timestampMs,
  };
}

const stored: unique symbol = Symbol("stored");

/** A message that remembers what it was made of. */
interface Remembering {
  readonly [stored]: StoredMessage;
}

/** A message as its reader gets it: its parts, where it is, and hidden in it the stored message. */
export function messageOf<Place extends object>(id: string, from: StoredMessage, place: Place): Message<Payload> & Remembering & Place {
  const message: Message<Payload> & Remembering = {
    id,
    key: keyText(from.key),
    value: copyPayload(from.value),
    headers: from.headers,
    timestampMs: from.timestampMs,
    [stored]: from,
  };
  // Assigned, because spreading an object that has a symbol costs as much as all the rest.
  return Object.assign(message, place);
}

/** The bytes that a message arrived with, whatever a handler has done to its value since. */
export function originalOf(message: Message<Payload> & Partial<Remembering>): Original {
  const from = message[stored];
  return from === undefined ? { key: message.key, payload: message.value } : { key: from.key, payload: copyPayload(from.value) };
}

/** A text in which equal keys are equal: bytes as hexadecimal digits after "0x". */
export function keyText(key: string | Uint8Array | undefined): string | undefined {
  return typeof key === "object" ? `0x${Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("hex")}` : key;
}

function copyPayload(payload: Payload): Payload {
  return payload === null ? null : copyBytes(payload);
}

/** A plain copy: slice() of a Buffer would give a second view of the same memory. */
function copyBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}
