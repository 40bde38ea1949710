import type { CallOptions } from "@spillway/spec";
import { KafkaError } from "../client/kafka-error.ts";
import type { KafkaPort, TopicPartition } from "../client/kafka-port.ts";

/** What a batch is sent with. */
export interface ProduceContext {
  readonly port: KafkaPort;
  readonly requestTimeoutMs: number;
  leader(at: TopicPartition): number | undefined;
}

/** Sends a finished batch to its partition's leader, once; confirmed when all in-sync replicas hold it. Rejects with a KafkaError. */
export async function produceAtLeader(
  { port, requestTimeoutMs, leader }: ProduceContext,
  at: TopicPartition,
  batch: Buffer,
  transactionalId: string | undefined,
  options: CallOptions,
): Promise<void> {
  const broker = leader(at);
  if (broker === undefined) {
    throw new KafkaError(`Partition ${at.topic}-${at.partition} has no leader now. It is tried again.`, {
      type: "LEADER_NOT_AVAILABLE",
      code: "SPILLWAY_KAFKA_UNREACHABLE",
      failureClass: "transient",
    });
  }
  await port.produce(broker, { ...at, batch, acks: -1, timeoutMs: requestTimeoutMs, transactionalId }, options);
}
