import type { PartitionId } from "@spillway/spec";
import { KafkaError } from "../client/kafka-error.ts";
import { KafkaMessage } from "../read/kafka-message.ts";
import { byteReader, id64, int16, int32, int64, int8, varint, type ByteReader } from "./byte-reader.ts";
import type { Decompress } from "./codecs.ts";

/** A transaction that was aborted: what its producer wrote from this offset on, up to its marker, does not count. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

/** What the record batches of one fetch held. */
export interface RecordSet {
  readonly messages: readonly KafkaMessage[];
  /** The offset to read on from: behind the last batch, whatever of it was a marker, aborted or compacted away; undefined: nothing complete. */
  readonly nextOffset: number | undefined;
}

// A record keeps the memory of its chunk alive as long as it is in flight: so no record may lie in a whole answer of some megabytes.
const chunkBytes = 32 * 1024;
const batchHeadBytes = 12;

/**
 * Reads the record batches (format 2) of a partition's answer: the records from an offset on, without control records and without what aborted
 * transactions wrote. The last batch may be cut off; it is left for the next fetch.
 */
export async function readRecordSet(
  partition: PartitionId,
  bytes: Buffer,
  fromOffset: number,
  aborted: readonly AbortedTransaction[],
  decompress: Decompress,
): Promise<RecordSet> {
  const messages: KafkaMessage[] = [];
  const upcoming = [...aborted].sort((one, other) => one.firstOffset - other.firstOffset);
  const abortedProducers = new Set<bigint>();
  let nextOffset: number | undefined;
  const reader = byteReader(bytes);

  while (bytes.length - reader.at >= batchHeadBytes) {
    const baseOffset = int64(reader);
    const length = int32(reader);
    const end = reader.at + length;
    if (end > bytes.length) break;
    const head = readHead(reader);
    const lastOffset = baseOffset + head.lastOffsetDelta;
    while (upcoming[0] !== undefined && upcoming[0].firstOffset <= lastOffset) {
      const next = upcoming.shift();
      if (next !== undefined) abortedProducers.add(next.producerId);
    }
    const isSkipped = head.isControl || (head.isTransactional && abortedProducers.has(head.producerId));
    if (head.isControl && isAbortMarker(bytes, reader.at)) abortedProducers.delete(head.producerId);
    if (!isSkipped && lastOffset >= fromOffset) {
      const packed = bytes.subarray(reader.at, end);
      const plain = head.codec === 0 ? packed : await decompress(head.codec, packed);
      readMessages(partition, plain, baseOffset, head, fromOffset, messages);
    }
    reader.at = end;
    nextOffset = lastOffset + 1;
  }
  return { messages, nextOffset };
}

interface BatchHead {
  readonly codec: number;
  readonly isLogAppendTime: boolean;
  readonly isTransactional: boolean;
  readonly isControl: boolean;
  readonly lastOffsetDelta: number;
  readonly firstTimestampMs: number;
  readonly maxTimestampMs: number;
  readonly producerId: bigint;
  readonly count: number;
}

function readHead(reader: ByteReader): BatchHead {
  reader.at += 4; // partition leader epoch
  const magic = int8(reader);
  if (magic !== 2) {
    throw new KafkaError(
      `A record batch has format ${magic}, and only format 2 (Kafka 0.11 and newer) can be read. Upgrade the topic's messages.`,
      {
        type: "UNSUPPORTED_FORMAT",
        code: "SPILLWAY_FORMAT",
        failureClass: "fatal",
      },
    );
  }
  reader.at += 4; // checksum
  const attributes = int16(reader);
  const lastOffsetDelta = int32(reader);
  const firstTimestampMs = int64(reader);
  const maxTimestampMs = int64(reader);
  const producerId = id64(reader);
  reader.at += 6; // producer epoch and first sequence number
  const count = int32(reader);
  return {
    codec: attributes & 0x7,
    isLogAppendTime: (attributes & 0x8) !== 0,
    isTransactional: (attributes & 0x10) !== 0,
    isControl: (attributes & 0x20) !== 0,
    lastOffsetDelta,
    firstTimestampMs,
    maxTimestampMs,
    producerId,
    count,
  };
}

/** A control record's key is its version and then its type: 0 is an abort. */
function isAbortMarker(bytes: Buffer, at: number): boolean {
  const reader = byteReader(bytes, at);
  varint(reader); // length
  reader.at += 1; // attributes
  varint(reader); // timestamp
  varint(reader); // offset
  const keyLength = varint(reader);
  return keyLength >= 4 && bytes.readInt16BE(reader.at + 2) === 0;
}

function readMessages(
  partition: PartitionId,
  plain: Buffer,
  baseOffset: number,
  head: BatchHead,
  fromOffset: number,
  messages: KafkaMessage[],
): void {
  const appendTimeMs = head.isLogAppendTime ? head.maxTimestampMs : undefined;
  const walker = byteReader(plain);
  let left = head.count;
  while (left > 0 && walker.at < plain.length) {
    const start = walker.at;
    let inChunk = 0;
    do {
      const size = varint(walker);
      walker.at += size;
      inChunk += 1;
      left -= 1;
    } while (left > 0 && walker.at - start < chunkBytes);
    // Copied, so that the answer's memory is free at once.
    const chunk = Buffer.from(plain.subarray(start, walker.at));
    const reader = byteReader(chunk);
    for (let index = 0; index < inChunk; index += 1) {
      const message = new KafkaMessage(partition, reader, baseOffset, head.firstTimestampMs, appendTimeMs);
      if (message.offset >= fromOffset) messages.push(message);
    }
  }
}
