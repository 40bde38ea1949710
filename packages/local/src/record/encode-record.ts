import type { Header, OutgoingMessage, Payload } from "@spillway/spec";
import { flags } from "./record-layout.ts";

/** How many bytes the record of this message takes. */
export function recordBytes(message: OutgoingMessage<Payload>): number {
  let size = 1 + (message.value === null ? 0 : message.value.byteLength);
  if (message.key !== undefined) size += 2 + textBytes(message.key);
  if (message.headers !== undefined && message.headers.length > 0) size += 4 + headersBytes(message.headers);
  return size;
}

/** Writes the record of a message at this offset, and returns where it ends. */
export function writeRecord(message: OutgoingMessage<Payload>, target: Buffer, at: number): number {
  const { key, value, headers } = message;
  let set = 0;
  let end = at + 1;
  if (key !== undefined) {
    set |= typeof key === "string" ? flags.textKey : flags.binaryKey;
    const written = writeText(target, end + 2, key);
    end = target.writeUInt16LE(written, end) + written;
  }
  if (headers !== undefined && headers.length > 0) {
    set |= flags.headers;
    const ends = writeHeaders(target, end + 4, headers);
    target.writeUInt32LE(ends - end - 4, end);
    end = ends;
  }
  if (value === null) set |= flags.tombstone;
  else target.set(value, end);
  target[at] = set;
  return end + (value === null ? 0 : value.byteLength);
}

function headersBytes(headers: readonly Header[]): number {
  let size = 0;
  for (const [name, value] of headers) size += 2 + Buffer.byteLength(name) + 5 + textBytes(value);
  return size;
}

function writeHeaders(target: Buffer, at: number, headers: readonly Header[]): number {
  let end = at;
  for (const [name, value] of headers) {
    const nameBytes = target.write(name, end + 2);
    end = target.writeUInt16LE(nameBytes, end) + nameBytes;
    end = target.writeUInt8(typeof value === "string" ? 0 : 1, end);
    const valueBytes = writeText(target, end + 4, value);
    end = target.writeUInt32LE(valueBytes, end) + valueBytes;
  }
  return end;
}

function textBytes(text: string | Uint8Array): number {
  return typeof text === "string" ? Buffer.byteLength(text) : text.byteLength;
}

function writeText(target: Buffer, at: number, text: string | Uint8Array): number {
  if (typeof text === "string") return target.write(text, at);
  target.set(text, at);
  return text.byteLength;
}
