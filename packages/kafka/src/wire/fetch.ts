import { failure } from "../client/check-answer.ts";
import type { FetchedPartition, FetchRequest } from "../client/kafka-port.ts";
import { byteReader, id64, int16, int32, int64, string16, type ByteReader } from "./byte-reader.ts";
import { byteWriter, writeInt32, writeInt64, writeString16, written } from "./byte-writer.ts";
import { writeFetchLimits } from "./fetch-limits.ts";
import type { AbortedTransaction } from "./record-set.ts";

/**
 * A fetch of version 11, which names topics by their names, and the reader of its answer. Unlike kafkajs's it keeps each partition's error apart, so that one partition's trouble does not
 * throw away what the others brought, and leaves the records packed.
 */
export function fetchByName(request: FetchRequest): { readonly body: Buffer; read(payload: Buffer): readonly FetchedPartition[] } {
  return { body: fetchBody(request), read: readAnswer };
}

function fetchBody(request: FetchRequest): Buffer {
  const { partitions } = request;
  const writer = byteWriter(64 + partitions.length * 64);
  writeFetchLimits(writer, request);
  writeInt32(writer, partitions.length);
  for (const { topic, partition, offset, maxBytes: partitionBytes } of partitions) {
    writeString16(writer, topic);
    writeInt32(writer, 1);
    writeInt32(writer, partition);
    writeInt32(writer, -1); // leader epoch: not known
    writeInt64(writer, offset);
    writeInt64(writer, -1); // log start: only for replicas
    writeInt32(writer, partitionBytes);
  }
  writeInt32(writer, 0); // forgotten topics
  writeString16(writer, ""); // rack
  return written(writer);
}

function readAnswer(payload: Buffer): readonly FetchedPartition[] {
  const reader = byteReader(payload);
  reader.at += 4; // throttle time: a quota's delay has been served by the broker's late answer
  const errorCode = int16(reader);
  if (errorCode !== 0) throw failure(errorCode, "a fetch");
  reader.at += 4; // session
  const fetched: FetchedPartition[] = [];
  for (let topics = int32(reader); topics > 0; topics -= 1) {
    const topic = string16(reader);
    for (let partitions = int32(reader); partitions > 0; partitions -= 1) fetched.push(readPartition(reader, topic));
  }
  return fetched;
}

function readPartition(reader: ByteReader, topic: string): FetchedPartition {
  const partition = int32(reader);
  const errorCode = int16(reader);
  reader.at += 8; // high watermark
  const endOffset = int64(reader);
  reader.at += 8; // log start
  const aborted: AbortedTransaction[] = [];
  for (let count = int32(reader); count > 0; count -= 1) aborted.push({ producerId: id64(reader), firstOffset: int64(reader) });
  reader.at += 4; // preferred replica: only for readers that name their rack
  const length = Math.max(0, int32(reader));
  const records = reader.bytes.subarray(reader.at, reader.at + length);
  reader.at += length;
  const error = errorCode === 0 ? undefined : failure(errorCode, `a fetch from ${topic}-${partition}`);
  return { topic, partition, error, endOffset, aborted, records };
}
