import { failure } from "../client/check-answer.ts";
import type { BrokerAddress, TopicMetadata } from "../client/kafka-port.ts";
import { byteReader, compactString, int16, int32, int8, skipTags, topicId, uvarint, type ByteReader } from "./byte-reader.ts";
import { byteWriter, writeCompactString, writeInt8, writeNoTags, writeTopicId, writeUvarint, written } from "./byte-writer.ts";

/** What a cluster says of itself. */
export interface ClusterMetadata {
  readonly brokers: readonly BrokerAddress[];
  readonly topics: readonly TopicMetadata[];
}

/** The question of version 10 for these topics, or for all: the first version whose answer has topic ids, which kafkajs does not know. */
export function metadataBody(topics: readonly string[] | undefined): Buffer {
  const writer = byteWriter(64);
  writeNoTags(writer); // the end of the header, which kafkajs writes without
  writeUvarint(writer, topics === undefined ? 0 : topics.length + 1);
  for (const topic of topics ?? []) {
    writeTopicId(writer, undefined);
    writeCompactString(writer, topic);
    writeNoTags(writer);
  }
  writeInt8(writer, 0); // no topic is to be created
  writeInt8(writer, 0); // what this client may do with the cluster is not asked
  writeInt8(writer, 0); // nor what it may do with topics
  writeNoTags(writer);
  return written(writer);
}

/** Reads the answer. */
export function readMetadataAnswer(payload: Buffer): ClusterMetadata {
  const reader = byteReader(payload);
  skipTags(reader); // the end of the header
  reader.at += 4; // throttle time
  const brokers = list(reader, broker);
  compactString(reader); // the cluster's id
  reader.at += 4; // the controller
  return { brokers, topics: list(reader, topic) };
}

function broker(reader: ByteReader): BrokerAddress {
  const address = { nodeId: int32(reader), host: compactString(reader), port: int32(reader) };
  compactString(reader); // rack
  return address;
}

function topic(reader: ByteReader): TopicMetadata {
  const errorCode = int16(reader);
  const name = compactString(reader);
  const id = topicId(reader);
  const isInternal = int8(reader) !== 0;
  const partitions = list(reader, partition).sort((one, other) => one.partition - other.partition);
  reader.at += 4; // permissions
  return { topic: name, id, isInternal, error: topicError(errorCode, name), partitions };
}

function partition(reader: ByteReader): { readonly partition: number; readonly leader: number } {
  reader.at += 2; // that there is no leader, the leader says as well
  const led = { partition: int32(reader), leader: int32(reader) };
  reader.at += 4; // leader epoch
  // All replicas, those in sync, and those that are away.
  for (let lists = 0; lists < 3; lists += 1) {
    const count = uvarint(reader) - 1;
    reader.at += 4 * count;
  }
  return led;
}

/** The elements of an array, each ended by its tags. */
function list<T>(reader: ByteReader, read: (reader: ByteReader) => T): T[] {
  const elements: T[] = [];
  for (let count = uvarint(reader) - 1; count > 0; count -= 1) {
    elements.push(read(reader));
    skipTags(reader);
  }
  return elements;
}

const leaderNotAvailable = 5;

/** A topic without a leader for the moment is there: its partitions say so. */
export function topicError(errorCode: number, name: string): TopicMetadata["error"] {
  return errorCode === 0 || errorCode === leaderNotAvailable ? undefined : failure(errorCode, `the question for topic ${name}`);
}
