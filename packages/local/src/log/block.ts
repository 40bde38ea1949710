import { crc32 } from "node:zlib";
import type { OutgoingMessage, Payload } from "@spillway/spec";
import { badFormat } from "../failures.ts";
import { recordBytes, writeRecord } from "../record/encode-record.ts";
import { StoredRecord } from "../record/stored-record.ts";

/*
 * A block: what one append brought to one partition, up to a size. One byte of format; the checksum of all that follows; the first message's
 * sequence; the time of appending; the number of messages; then the records, each after its length in 32 bits.
 */
const format = 1;
const at = { checksum: 1, checked: 5, firstSequence: 5, timestamp: 11, count: 17, records: 21 } as const;

// Large enough that a page or two of slack do not count, small enough that a message that is kept long keeps little else.
const maxBlockBytes = 32 * 1024;
const maxBlockMessages = 1_024;

/** A block whose place in the log is not known yet. */
export interface PreparedBlock {
  readonly count: number;
  readonly bytes: Buffer;
  readonly recordsChecksum: number;
}

/** Encodes messages into as many blocks as they need. */
export function prepareBlocks(messages: readonly OutgoingMessage<Payload>[]): readonly PreparedBlock[] {
  const blocks: PreparedBlock[] = [];
  let first = 0;
  let size: number = at.records;
  for (let next = 0; next < messages.length; next += 1) {
    const added = 4 + recordBytes(messages[next] as OutgoingMessage<Payload>);
    if (next > first && (size + added > maxBlockBytes || next - first >= maxBlockMessages)) {
      blocks.push(prepareBlock(messages, first, next, size));
      first = next;
      size = at.records;
    }
    size += added;
  }
  if (messages.length > first) blocks.push(prepareBlock(messages, first, messages.length, size));
  return blocks;
}

function prepareBlock(messages: readonly OutgoingMessage<Payload>[], from: number, until: number, size: number): PreparedBlock {
  const bytes = Buffer.allocUnsafe(size);
  let end: number = at.records;
  for (let index = from; index < until; index += 1) {
    const start = end + 4;
    end = writeRecord(messages[index] as OutgoingMessage<Payload>, bytes, start);
    bytes.writeUInt32LE(end - start, start - 4);
  }
  return { count: until - from, bytes, recordsChecksum: crc32(bytes.subarray(at.records)) };
}

/** Completes a block with its place. Returns the bytes to store. */
export function placeBlock(block: PreparedBlock, firstSequence: number, timestampMs: number): Buffer {
  const { bytes, count, recordsChecksum } = block;
  bytes[0] = format;
  bytes.writeUIntLE(firstSequence, at.firstSequence, 6);
  bytes.writeUIntLE(timestampMs, at.timestamp, 6);
  bytes.writeUInt32LE(count, at.count);
  bytes.writeUInt32LE(crc32(bytes.subarray(at.checked, at.records), recordsChecksum), at.checksum);
  return bytes;
}

/** A block as it was read. */
export interface Block {
  readonly firstSequence: number;
  readonly count: number;
  readonly timestampMs: number;
  /** Gives each record from this sequence on, in order. */
  each(from: number, give: (sequence: number, record: StoredRecord) => void): void;
}

/** Reads a block's head and checks it as a whole; throws SPILLWAY_FORMAT when it is damaged. `place` names it in the error. */
export function readBlock(bytes: Buffer, place: string): Block {
  if (bytes.length < at.records) throw damaged(place);
  if (bytes[0] !== format) {
    throw badFormat(
      `${place} is stored in format ${bytes[0]}, which this release cannot read. Upgrade @spillway/local if a newer one wrote it; if none did, ` +
        `it is damaged: restore the directory from a backup, or trim the log past it.`,
    );
  }
  const checksum = crc32(bytes.subarray(at.checked, at.records), crc32(bytes.subarray(at.records)));
  if (checksum !== bytes.readUInt32LE(at.checksum)) throw damaged(place);
  const firstSequence = bytes.readUIntLE(at.firstSequence, 6);
  const count = bytes.readUInt32LE(at.count);
  return {
    firstSequence,
    count,
    timestampMs: bytes.readUIntLE(at.timestamp, 6),
    each(from, give) {
      let start: number = at.records;
      for (let sequence = firstSequence; sequence < firstSequence + count; sequence += 1) {
        const end = start + 4 + bytes.readUInt32LE(start);
        if (sequence >= from) give(sequence, new StoredRecord(bytes, start + 4, end));
        start = end;
      }
    },
  };
}

/** The time of appending of a block that was checked before, or whose messages are not going to be used. */
export function timestampOf(bytes: Buffer): number {
  return bytes.readUIntLE(at.timestamp, 6);
}

/** The sequence of the first message of a block, unchecked. */
export function firstSequenceOf(bytes: Buffer): number {
  return bytes.readUIntLE(at.firstSequence, 6);
}

function damaged(place: string): Error {
  return badFormat(
    `${place} is damaged on the disk: its checksum does not fit. Restore the directory from a backup, or trim the log past it.`,
  );
}
