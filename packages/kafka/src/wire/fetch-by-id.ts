import { failure } from "../client/check-answer.ts";
import type { FetchedPartition, FetchRequest, TopicPartition } from "../client/kafka-port.ts";
import { byteReader, id64, int16, int32, int64, skipTags, topicId, uvarint, type ByteReader } from "./byte-reader.ts";
import { byteWriter, writeCompactString, writeInt32, writeInt64, writeNoTags, writeTopicId, writeUvarint, written } from "./byte-writer.ts";
import { writeFetchLimits } from "./fetch-limits.ts";
import type { AbortedTransaction } from "./record-set.ts";

/**
 * A fetch of version 13, which names topics by their ids: a topic that was deleted and made anew under the same name is another one, and a fetch of the
 * old one is refused. Undefined where the id of a topic is not known.
 */
export function fetchById(
  request: FetchRequest,
): { readonly body: Buffer; read(payload: Buffer): readonly FetchedPartition[] } | undefined {
  const names = new Map<string, string>();
  for (const { topic, topicId: id } of request.partitions) {
    if (id === undefined) return undefined;
    names.set(id, topic);
  }
  return { body: fetchBody(request), read: (payload) => readAnswer(payload, names) };
}

function fetchBody(request: FetchRequest): Buffer {
  const { partitions } = request;
  const writer = byteWriter(64 + partitions.length * 64);
  writeNoTags(writer); // the end of the header, which kafkajs writes without
  writeFetchLimits(writer, request);
  writeUvarint(writer, partitions.length + 1);
  for (const { topicId: id, partition, offset, maxBytes: partitionBytes } of partitions) {
    writeTopicId(writer, id);
    writeUvarint(writer, 1 + 1);
    writeInt32(writer, partition);
    writeInt32(writer, -1); // leader epoch: not known
    writeInt64(writer, offset);
    writeInt32(writer, -1); // epoch of what was fetched last: only for replicas
    writeInt64(writer, -1); // log start: only for replicas
    writeInt32(writer, partitionBytes);
    writeNoTags(writer);
    writeNoTags(writer);
  }
  writeUvarint(writer, 0 + 1); // forgotten topics
  writeCompactString(writer, ""); // rack
  writeNoTags(writer);
  return written(writer);
}

function readAnswer(payload: Buffer, names: ReadonlyMap<string, string>): readonly FetchedPartition[] {
  const reader = byteReader(payload);
  skipTags(reader); // the end of the header
  reader.at += 4; // throttle time: a quota's delay has been served by the broker's late answer
  const errorCode = int16(reader);
  if (errorCode !== 0) throw failure(errorCode, "a fetch");
  reader.at += 4; // session
  const fetched: FetchedPartition[] = [];
  for (let topics = uvarint(reader) - 1; topics > 0; topics -= 1) {
    const topic = names.get(topicId(reader) ?? "");
    for (let partitions = uvarint(reader) - 1; partitions > 0; partitions -= 1) {
      const partition = readPartition(reader, topic ?? "");
      if (topic !== undefined) fetched.push(partition);
    }
    skipTags(reader);
  }
  return fetched;
}

function readPartition(reader: ByteReader, topic: string): FetchedPartition {
  const at: TopicPartition = { topic, partition: int32(reader) };
  const errorCode = int16(reader);
  reader.at += 8; // high watermark
  const endOffset = int64(reader);
  reader.at += 8; // log start
  const aborted: AbortedTransaction[] = [];
  for (let count = uvarint(reader) - 1; count > 0; count -= 1) {
    aborted.push({ producerId: id64(reader), firstOffset: int64(reader) });
    skipTags(reader);
  }
  reader.at += 4; // preferred replica: only for readers that name their rack
  const length = Math.max(0, uvarint(reader) - 1);
  const records = reader.bytes.subarray(reader.at, reader.at + length);
  reader.at += length;
  skipTags(reader);
  const error = errorCode === 0 ? undefined : failure(errorCode, `a fetch from ${topic}-${at.partition}`);
  return { ...at, error, endOffset, aborted, records };
}
