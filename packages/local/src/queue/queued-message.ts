import { crc32 } from "node:zlib";
import type { OutgoingMessage, Payload } from "@spillway/spec";
import { badFormat } from "../failures.ts";
import { recordBytes, writeRecord } from "../record/encode-record.ts";
import { StoredRecord } from "../record/stored-record.ts";

// One byte of format, the checksum of what follows, the time of sending in 48 bits, the record.
const format = 1;
const at = { checksum: 1, timestamp: 5, record: 11 } as const;

/** Encodes a message for a queue. */
export function encodeQueued(message: OutgoingMessage<Payload>, timestampMs: number): Buffer {
  const bytes = Buffer.allocUnsafe(at.record + recordBytes(message));
  bytes[0] = format;
  bytes.writeUIntLE(timestampMs, at.timestamp, 6);
  writeRecord(message, bytes, at.record);
  bytes.writeUInt32LE(crc32(bytes.subarray(at.timestamp)), at.checksum);
  return bytes;
}

/** Decodes a message of a queue; throws SPILLWAY_FORMAT when it is damaged. */
export function decodeQueued(bytes: Buffer, place: string): { readonly timestampMs: number; readonly record: StoredRecord } {
  if (bytes.length <= at.record || bytes[0] !== format || crc32(bytes.subarray(at.timestamp)) !== bytes.readUInt32LE(at.checksum)) {
    throw badFormat(`${place} is damaged, or of a format that this release cannot read. Upgrade @spillway/local, or restore a backup.`);
  }
  return { timestampMs: bytes.readUIntLE(at.timestamp, 6), record: new StoredRecord(bytes, at.record, bytes.length) };
}
