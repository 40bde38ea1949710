import { SpillwayError, type ItemResult, type OutgoingMessage, type Payload, type Sink } from "@spillway/spec";
import { abortable } from "./client/abortable.ts";
import type { TopicPartition } from "./client/kafka-port.ts";
import { kafkajsPort } from "./client/kafkajs-port.ts";
import { sharedPort } from "./client/shared-port.ts";
import { topicDirectory } from "./client/topic-directory.ts";
import { resolveSinkOptions, type KafkaSinkOptions } from "./kafka-sink-options.ts";
import { byKey, type ChoosePartition } from "./sink/choose-partition.ts";
import { partitionWriter, type PartitionWriter, type PendingMessage } from "./sink/partition-writer.ts";

const idleMs = 10_000;
const metadataMaxAgeMs = 60_000;
/** What a record takes beside its key, value and headers, generously. */
const overheadBytes = 32;

/**
 * Writes messages to a Kafka topic and confirms each when all in-sync replicas hold it. A message that is sent again after a lost answer is stored once.
 * Connects with the first write, and closes its connections when none has come for a while.
 *
 *     publish(kafkaSink({ client, topic: "charged" }), (receipt) => ({ key: receipt.orderId, value: encode(receipt) }))
 */
export function kafkaSink(options: KafkaSinkOptions): Sink<Payload> {
  const { topic } = options;
  const resolved = resolveSinkOptions(options);
  const { port, hold } = sharedPort(kafkajsPort(options.client), idleMs);
  const directory = topicDirectory(port, { topics: [topic], startTimeoutMs: resolved.startTimeoutMs });
  const writers = new Map<number, PartitionWriter>();
  const choose: ChoosePartition = options.partition ?? byKey;
  const context = { ...resolved, port, leader: (at: TopicPartition) => directory.leader(at), refresh: directory.refresh };
  let writes = 0;
  let refreshedMs = performance.now();

  function writerOf(partition: number): PartitionWriter {
    const known = writers.get(partition);
    if (known !== undefined) return known;
    const writer = partitionWriter({ topic, partition }, context);
    writers.set(partition, writer);
    return writer;
  }

  /** Deals the messages out to their partitions' writers. */
  function deal(messages: readonly OutgoingMessage<Payload>[], partitionCount: number): Promise<readonly ItemResult[]> {
    const write = writes++;
    const failedKeys = new Set<string>();
    const byPartition = new Map<number, PendingMessage[]>();
    const results = messages.map(
      (message) =>
        new Promise<ItemResult>((settle) => {
          const partition = choose(message, partitionCount, write);
          if (!Number.isInteger(partition) || partition < 0 || partition >= partitionCount) {
            settle({ ok: false, error: noPartition(topic, partition, partitionCount) });
            return;
          }
          const pending = { message, key: keyText(message.key), bytes: sizeOf(message), failedKeys, settle };
          const group = byPartition.get(partition);
          if (group === undefined) byPartition.set(partition, [pending]);
          else group.push(pending);
        }),
    );
    for (const [partition, pending] of byPartition) writerOf(partition).add(pending);
    return Promise.all(results);
  }

  return {
    name: resolved.name,
    traits: { maxBatchSize: resolved.maxBatchSize, order: "key" },
    async write(messages, { signal }) {
      const release = hold();
      try {
        await abortable(directory.start({ signal }), { signal });
        if (performance.now() - refreshedMs > metadataMaxAgeMs) {
          // New partitions are used when they are known; that they are not must not hold a write up.
          refreshedMs = performance.now();
          directory.refresh({ signal }).catch(() => undefined);
        }
        const partitionCount = directory.topics()[0]?.partitions.length ?? 0;
        if (partitionCount === 0) throw missing(topic);
        const dealt = deal(messages, partitionCount);
        // The connections are needed until the last message is settled, also when the caller does not wait for it.
        const held = hold();
        void dealt.then(held);
        return await abortable(dealt, { signal });
      } finally {
        release();
      }
    },
  };
}

function keyText(key: string | Uint8Array | undefined): string | undefined {
  return typeof key === "object" ? Buffer.from(key).toString("latin1") : key;
}

function sizeOf({ key, value, headers = [] }: OutgoingMessage<Payload>): number {
  let bytes = overheadBytes + lengthOf(key) + (value?.length ?? 0);
  for (const [name, headerValue] of headers) bytes += name.length * 3 + lengthOf(headerValue) + 10;
  return bytes;
}

/** Of text at most: three bytes for each unit. */
function lengthOf(value: string | Uint8Array | undefined): number {
  if (value === undefined) return 0;
  return typeof value === "string" ? value.length * 3 : value.length;
}

function noPartition(topic: string, partition: number, partitionCount: number): SpillwayError {
  return new SpillwayError(
    `The option "partition" chose ${partition}, but topic "${topic}" has ${partitionCount} partitions: choose a whole number from 0 up to that.`,
    { code: "SPILLWAY_INVALID_OPTIONS", failureClass: "fatal" },
  );
}

function missing(topic: string): SpillwayError {
  return new SpillwayError(`Topic "${topic}" has gone. Create it again.`, { code: "SPILLWAY_KAFKA_TOPIC_MISSING" });
}
