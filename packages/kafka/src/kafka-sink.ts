import { SpillwayError, type ItemResult, type OutgoingMessage, type Payload, type Sink } from "@spillway/spec";
import { abortable } from "./client/abortable.ts";
import type { TopicPartition } from "./client/kafka-port.ts";
import { kafkajsPort } from "./client/kafkajs-port.ts";
import { sharedPort } from "./client/shared-port.ts";
import { topicDirectory } from "./client/topic-directory.ts";
import { resolveSinkOptions, type KafkaSinkOptions } from "./kafka-sink-options.ts";
import { joinAsSink } from "./kafka-transactions.ts";
import { byKey, type ChoosePartition } from "./sink/choose-partition.ts";
import { keyText } from "./sink/key-text.ts";
import { outgoingSize } from "./sink/outgoing-size.ts";
import { partitionOf } from "./sink/partition-of.ts";
import { partitionWriter, type PartitionWriter, type PendingMessage } from "./sink/partition-writer.ts";
import { produceAtLeader } from "./sink/produce-at-leader.ts";
import { gatherOutputs, placeMessages } from "./transactions/gather-outputs.ts";
import type { OutputWriter } from "./transactions/output.ts";

const idleMs = 10_000;
const metadataMaxAgeMs = 60_000;

/**
 * Writes messages to a Kafka topic and confirms each when all in-sync replicas hold it. A message that is sent again after a lost answer is stored once.
 * Connects with the first write, and closes its connections when none has come for a while. With `transactions` it
 * confirms when it has taken a message: it is stored with the checkpoint of the message that it was made of, or not at all.
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
  const scope = options.transactions === undefined ? undefined : joinAsSink(options.transactions, options.client);
  const outputWriter: OutputWriter = {
    codec: resolved.codec,
    maxBatchBytes: resolved.maxBatchBytes,
    refresh: directory.refresh,
    async produce(to, batch, transactionalId, produceOptions) {
      const release = hold();
      try {
        await produceAtLeader(context, to, batch, transactionalId, produceOptions);
      } finally {
        release();
      }
    },
  };
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
          const partition = partitionOf(choose, message, { topic, partitionCount, write });
          if (typeof partition !== "number") {
            settle({ ok: false, error: partition });
            return;
          }
          const pending = { message, key: keyText(message.key), bytes: outgoingSize(message), failedKeys, settle };
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
      const placed = scope === undefined ? undefined : placeMessages(messages, topic, scope.outputs);
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
        if (placed !== undefined) {
          const write = writes++;
          return gatherOutputs(placed, {
            topic,
            writer: outputWriter,
            partitionOf: (message) => partitionOf(choose, message, { topic, partitionCount, write }),
          });
        }
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

function missing(topic: string): SpillwayError {
  return new SpillwayError(`Topic "${topic}" has gone. Create it again.`, { code: "SPILLWAY_KAFKA_TOPIC_MISSING" });
}
