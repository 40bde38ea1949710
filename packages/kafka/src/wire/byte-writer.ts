/** Writes Kafka's primitive types one after another, into a buffer that grows. */
export interface ByteWriter {
  bytes: Buffer;
  at: number;
}

/** Starts a buffer of about this many bytes. */
export function byteWriter(size: number): ByteWriter {
  return { bytes: Buffer.allocUnsafe(size), at: 0 };
}

/** What was written. */
export function written(writer: ByteWriter): Buffer {
  return writer.bytes.subarray(0, writer.at);
}

/** A signed byte. */
export function writeInt8(writer: ByteWriter, value: number): void {
  room(writer, 1);
  writer.at = writer.bytes.writeInt8(value, writer.at);
}

/** A signed 16-bit number. */
export function writeInt16(writer: ByteWriter, value: number): void {
  room(writer, 2);
  writer.at = writer.bytes.writeInt16BE(value, writer.at);
}

/** A signed 32-bit number. */
export function writeInt32(writer: ByteWriter, value: number): void {
  room(writer, 4);
  writer.at = writer.bytes.writeInt32BE(value, writer.at);
}

/** A signed 64-bit number of at most 53 bits. */
export function writeInt64(writer: ByteWriter, value: number): void {
  room(writer, 8);
  writer.at = writer.bytes.writeBigInt64BE(BigInt(value), writer.at);
}

/** A 64-bit id. */
export function writeId64(writer: ByteWriter, value: bigint): void {
  room(writer, 8);
  writer.at = writer.bytes.writeBigInt64BE(value, writer.at);
}

/** A text with a 16-bit length; null has the length -1. */
export function writeString16(writer: ByteWriter, value: string | null): void {
  if (value === null) return writeInt16(writer, -1);
  const length = Buffer.byteLength(value);
  writeInt16(writer, length);
  room(writer, length);
  writer.at += writer.bytes.write(value, writer.at);
}

/** Bytes as they are. */
export function writeBytes(writer: ByteWriter, value: Uint8Array): void {
  room(writer, value.length);
  writer.bytes.set(value, writer.at);
  writer.at += value.length;
}

/** A zigzag number, least significant seven bits first. */
export function writeVarint(writer: ByteWriter, value: number): void {
  room(writer, 10);
  let rest = value < 0 ? -value * 2 - 1 : value * 2;
  while (rest > 0x7f) {
    writer.bytes[writer.at] = (rest % 0x80) | 0x80;
    writer.at += 1;
    rest = Math.floor(rest / 0x80);
  }
  writer.bytes[writer.at] = rest;
  writer.at += 1;
}

/** A number of at most 32 bits without a sign, least significant seven bits first. */
export function writeUvarint(writer: ByteWriter, value: number): void {
  room(writer, 5);
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) {
    writer.bytes[writer.at] = (rest % 0x80) | 0x80;
    writer.at += 1;
  }
  writer.bytes[writer.at] = rest;
  writer.at += 1;
}

/** A text of the flexible versions. */
export function writeCompactString(writer: ByteWriter, value: string): void {
  const length = Buffer.byteLength(value);
  writeUvarint(writer, length + 1);
  room(writer, length);
  writer.at += writer.bytes.write(value, writer.at);
}

/** A topic's id; undefined: none. */
export function writeTopicId(writer: ByteWriter, id: string | undefined): void {
  writeBytes(writer, id === undefined ? Buffer.alloc(16) : Buffer.from(id, "base64url"));
}

/** Ends a structure of a flexible version, to which nothing is added. */
export function writeNoTags(writer: ByteWriter): void {
  writeInt8(writer, 0);
}

function room(writer: ByteWriter, size: number): void {
  if (writer.at + size <= writer.bytes.length) return;
  const larger = Buffer.allocUnsafe(Math.max(writer.bytes.length * 2, writer.at + size));
  writer.bytes.copy(larger, 0, 0, writer.at);
  writer.bytes = larger;
}
