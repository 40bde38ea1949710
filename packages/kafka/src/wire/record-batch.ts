import type { OutgoingMessage, Payload } from "@spillway/spec";
import type { ProducerId } from "../client/kafka-port.ts";
import { byteWriter, writeBytes, writeId64, writeInt16, writeInt32, writeInt64, writeInt8, writeVarint, written } from "./byte-writer.ts";
import { compress } from "./codecs.ts";
import { crc32c } from "./crc32c.ts";

/** What makes a batch one that a broker stores once, however often it is sent. */
export interface BatchIdentity extends ProducerId {
  readonly firstSequence: number;
  /** Whether the batch counts only when the producer's transaction is committed. */
  readonly isTransactional: boolean;
}

const headBytes = 61;
const crcAt = 17;
const attributesAt = 21;
const transactionalBit = 0x10;

/** Packs messages as one record batch of format 2. */
export async function recordBatch(
  messages: readonly OutgoingMessage<Payload>[],
  identity: BatchIdentity,
  codec: number,
  nowMs: number,
): Promise<Buffer> {
  const records = byteWriter(messages.length * 256 + 64);
  for (const [index, message] of messages.entries()) writeRecord(records, message, index);
  const packed = codec === 0 ? written(records) : await compress(codec, written(records));

  const batch = byteWriter(headBytes + packed.length);
  writeInt64(batch, 0); // the broker gives the offset
  writeInt32(batch, headBytes - 12 + packed.length);
  writeInt32(batch, -1); // leader epoch: the broker's
  writeInt8(batch, 2);
  writeInt32(batch, 0); // the checksum, below
  writeInt16(batch, identity.isTransactional ? codec | transactionalBit : codec);
  writeInt32(batch, messages.length - 1);
  writeInt64(batch, nowMs);
  writeInt64(batch, nowMs);
  writeId64(batch, identity.producerId);
  writeInt16(batch, identity.epoch);
  writeInt32(batch, identity.firstSequence);
  writeInt32(batch, messages.length);
  writeBytes(batch, packed);
  const bytes = written(batch);
  bytes.writeUInt32BE(crc32c(bytes, attributesAt), crcAt);
  return bytes;
}

const scratch = byteWriter(64 * 1024);

function writeRecord(records: ReturnType<typeof byteWriter>, message: OutgoingMessage<Payload>, index: number): void {
  const { key, value, headers = [] } = message;
  scratch.at = 0;
  writeInt8(scratch, 0);
  writeVarint(scratch, 0); // all are of the batch's time
  writeVarint(scratch, index);
  writeField(scratch, key ?? null);
  writeField(scratch, value);
  writeVarint(scratch, headers.length);
  for (const [name, headerValue] of headers) {
    writeField(scratch, name);
    writeField(scratch, headerValue);
  }
  writeVarint(records, scratch.at);
  writeBytes(records, written(scratch));
  // A message of some megabytes must not keep that much for ever.
  if (scratch.bytes.length > 1024 * 1024) scratch.bytes = Buffer.allocUnsafe(64 * 1024);
}

function writeField(writer: ReturnType<typeof byteWriter>, value: string | Uint8Array | null): void {
  if (value === null) return writeVarint(writer, -1);
  const bytes = typeof value === "string" ? Buffer.from(value) : value;
  writeVarint(writer, bytes.length);
  writeBytes(writer, bytes);
}
