import { type Header, type OutgoingMessage, type Payload, SpillwayError } from "@spillway/spec";

/** Bytes, which JSON has no form for. */
interface Base64 {
  readonly base64: string;
}

/** What one line of a file says, as JSON. */
interface Line {
  readonly timestampMs: number;
  readonly key?: string | Base64;
  readonly value: Base64 | null;
  readonly headers: readonly (readonly [name: string, value: string | Base64])[];
}

/** A message as its line gave it. */
export interface StoredLine {
  readonly timestampMs: number;
  readonly key: string | Uint8Array | undefined;
  readonly value: Payload;
  readonly headers: readonly Header[];
}

/** The line of a message, its line break included: JSON.stringify writes none inside. */
export function formatLine({ key, value, headers = [] }: OutgoingMessage<Payload>, timestampMs: number): Buffer {
  const line: Line = {
    timestampMs,
    ...(key === undefined ? {} : { key: written(key) }),
    value: value === null ? null : inBase64(value),
    headers: headers.map(([name, content]) => [name, written(content)]),
  };
  return Buffer.from(`${JSON.stringify(line)}\n`);
}

/** Reads a line back; each call gives bytes of its own. Throws SPILLWAY_FORMAT for what is no such line. */
export function parseLine(text: string): StoredLine {
  try {
    const { timestampMs, key, value, headers } = JSON.parse(text) as Line;
    return {
      timestampMs,
      key: key === undefined ? undefined : read(key),
      value: value === null ? null : Buffer.from(value.base64, "base64"),
      headers: headers.map(([name, content]) => [name, read(content)]),
    };
  } catch (cause) {
    throw new SpillwayError(
      `A line is no message of this log: mend or remove it, then start again. It begins with ${JSON.stringify(text.slice(0, 80))}.`,
      {
        code: "SPILLWAY_FORMAT",
        failureClass: "fatal",
        cause,
      },
    );
  }
}

/** A text in which equal keys are equal. */
export function keyText(key: string | Uint8Array | undefined): string | undefined {
  return typeof key === "object" ? `0x${Buffer.from(key).toString("hex")}` : key;
}

function written(part: string | Uint8Array): string | Base64 {
  return typeof part === "string" ? part : inBase64(part);
}

function inBase64(bytes: Uint8Array): Base64 {
  return { base64: Buffer.from(bytes).toString("base64") };
}

function read(part: string | Base64): string | Uint8Array {
  return typeof part === "string" ? part : Buffer.from(part.base64, "base64");
}
