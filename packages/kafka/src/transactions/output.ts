import type { CallOptions, OutgoingMessage, PartitionId, Payload } from "@spillway/spec";
import type { TopicPartition } from "../client/kafka-port.ts";

/** A message on its way into a transaction: it becomes one with the offset of the message that it was made of. */
export interface Output {
  /** The partition and offset of the source's message. */
  readonly from: PartitionId;
  readonly offset: number;
  readonly to: TopicPartition;
  readonly message: OutgoingMessage<Payload>;
  readonly bytes: number;
  readonly writer: OutputWriter;
}

/** How a sink's outputs are stored. */
export interface OutputWriter {
  readonly codec: number;
  readonly maxBatchBytes: number;
  /** Stores a finished batch in a transaction. Rejects with a KafkaError; sending it again as it is stores it once. */
  produce(to: TopicPartition, batch: Buffer, transactionalId: string, options: CallOptions): Promise<void>;
  /** Asks the cluster anew for its leaders. */
  refresh(options: CallOptions): Promise<void>;
}
