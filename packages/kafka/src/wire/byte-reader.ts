/** Reads Kafka's primitive types from a buffer, one after another. */
export interface ByteReader {
  readonly bytes: Buffer;
  /** Where the next read begins. */
  at: number;
}

/** Starts reading a buffer. */
export function byteReader(bytes: Buffer, at = 0): ByteReader {
  return { bytes, at };
}

/** A signed byte. */
export function int8(reader: ByteReader): number {
  const value = reader.bytes.readInt8(reader.at);
  reader.at += 1;
  return value;
}

/** A signed 16-bit number. */
export function int16(reader: ByteReader): number {
  const value = reader.bytes.readInt16BE(reader.at);
  reader.at += 2;
  return value;
}

/** A signed 32-bit number. */
export function int32(reader: ByteReader): number {
  const value = reader.bytes.readInt32BE(reader.at);
  reader.at += 4;
  return value;
}

/** A 64-bit number that is an offset or a time: exact up to 2^53, which no partition reaches. */
export function int64(reader: ByteReader): number {
  const value = reader.bytes.readInt32BE(reader.at) * 0x1_0000_0000 + reader.bytes.readUInt32BE(reader.at + 4);
  reader.at += 8;
  return value;
}

/** A 64-bit number that is only compared: a producer's id. */
export function id64(reader: ByteReader): bigint {
  const value = reader.bytes.readBigInt64BE(reader.at);
  reader.at += 8;
  return value;
}

/** A text with a 16-bit length. */
export function string16(reader: ByteReader): string {
  const length = int16(reader);
  const value = reader.bytes.toString("utf8", reader.at, reader.at + length);
  reader.at += length;
  return value;
}

/** A zigzag number of at most 64 bits, least significant seven bits first; exact up to 2^53. */
export function varint(reader: ByteReader): number {
  const { bytes } = reader;
  let at = reader.at;
  let byte = bytes[at++] ?? 0;
  if (byte < 0x80) {
    reader.at = at;
    return (byte >>> 1) ^ -(byte & 1);
  }
  let value = byte & 0x7f;
  let scale = 0x80;
  do {
    byte = bytes[at++] ?? 0;
    value += (byte & 0x7f) * scale;
    scale *= 0x80;
  } while (byte >= 0x80);
  reader.at = at;
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

/** A number of at most 32 bits without a sign, least significant seven bits first. */
export function uvarint(reader: ByteReader): number {
  let value = 0;
  for (let scale = 1; ; scale *= 0x80) {
    const byte = reader.bytes[reader.at++] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
  }
}

/** A text of the flexible versions, which count one more than there is, so that 0 stands for null. */
export function compactString(reader: ByteReader): string {
  const length = Math.max(0, uvarint(reader) - 1);
  const value = reader.bytes.toString("utf8", reader.at, reader.at + length);
  reader.at += length;
  return value;
}

/** A topic's id as text; undefined for the one that stands for none. */
export function topicId(reader: ByteReader): string | undefined {
  const bytes = reader.bytes.subarray(reader.at, reader.at + 16);
  reader.at += 16;
  return bytes.every((byte) => byte === 0) ? undefined : bytes.toString("base64url");
}

/** What a flexible version adds to a structure for readers that know of it; nothing here does. */
export function skipTags(reader: ByteReader): void {
  for (let count = uvarint(reader); count > 0; count -= 1) {
    uvarint(reader);
    const size = uvarint(reader);
    reader.at += size;
  }
}
