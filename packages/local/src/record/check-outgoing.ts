import { SpillwayError, type OutgoingMessage, type Payload } from "@spillway/spec";
import { recordBytes } from "./encode-record.ts";

// Key, headers and payload together: a record is read and written in one piece.
const maxRecordBytes = 16 * 1024 * 1024;
const maxShortBytes = 0xffff;

/** Why a message can never be stored, or undefined when it can. */
export function refusalOf(message: OutgoingMessage<Payload>): SpillwayError | undefined {
  const { key, value, headers = [] } = message;
  if (value !== null && !(value instanceof Uint8Array)) {
    return permanent(
      `A message's value is ${typeof value}; the store takes bytes, or null for a tombstone. Encode it first.`,
      "SPILLWAY_INVALID_OPTIONS",
    );
  }
  if (key !== undefined && typeof key !== "string" && !(key instanceof Uint8Array)) {
    return permanent(`A message's key is ${typeof key}; the store takes text, bytes or undefined.`, "SPILLWAY_INVALID_OPTIONS");
  }
  const longest = Math.max(key === undefined ? 0 : Buffer.byteLength(key), ...headers.map(([name]) => Buffer.byteLength(name)));
  if (longest > maxShortBytes) return oversize(`A key or header name takes ${longest} bytes; the store takes ${maxShortBytes}.`);
  const size = recordBytes(message);
  return size > maxRecordBytes ? oversize(`A message takes ${size} bytes; the store takes ${maxRecordBytes}.`) : undefined;
}

function oversize(message: string): SpillwayError {
  return permanent(`${message} Make it smaller, or store the payload elsewhere and a reference here.`, "SPILLWAY_OVERSIZE");
}

function permanent(message: string, code: "SPILLWAY_INVALID_OPTIONS" | "SPILLWAY_OVERSIZE"): SpillwayError {
  return new SpillwayError(message, { code, failureClass: "permanent" });
}
