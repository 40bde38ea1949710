import type { ProduceRequest, TopicPartition } from "../client/kafka-port.ts";
import { byteReader, int16, int32, int64, string16 } from "./byte-reader.ts";
import { byteWriter, writeBytes, writeInt16, writeInt32, writeString16, written } from "./byte-writer.ts";

/** One partition's share of the answer to a produce request. */
export interface ProduceAnswer extends TopicPartition {
  readonly errorCode: number;
  readonly baseOffset: number;
}

/** The body of a produce request of version 7: one batch for one partition, never more, because a client cannot tell what became of several. */
export function produceBody({ topic, partition, batch, acks, timeoutMs, transactionalId }: ProduceRequest): Buffer {
  const writer = byteWriter(64 + topic.length * 3 + (transactionalId ?? "").length * 3 + batch.length);
  writeString16(writer, transactionalId ?? null);
  writeInt16(writer, acks);
  writeInt32(writer, timeoutMs);
  writeInt32(writer, 1);
  writeString16(writer, topic);
  writeInt32(writer, 1);
  writeInt32(writer, partition);
  writeInt32(writer, batch.length);
  writeBytes(writer, batch);
  return written(writer);
}

/** Reads the answer to a produce request of version 7. */
export function readProduceAnswer(payload: Buffer): readonly ProduceAnswer[] {
  const reader = byteReader(payload);
  const answers: ProduceAnswer[] = [];
  for (let topics = int32(reader); topics > 0; topics -= 1) {
    const topic = string16(reader);
    for (let partitions = int32(reader); partitions > 0; partitions -= 1) {
      const partition = int32(reader);
      const errorCode = int16(reader);
      const baseOffset = int64(reader);
      reader.at += 16; // append time and log start
      answers.push({ topic, partition, errorCode, baseOffset });
    }
  }
  return answers;
}
