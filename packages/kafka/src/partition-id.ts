import type { PartitionId } from "@spillway/spec";
import type { TopicPartition } from "./client/kafka-port.ts";

/** A partition's name, unique over topics: "orders-3". */
export function partitionId({ topic, partition }: TopicPartition): PartitionId {
  return `${topic}-${partition}` as PartitionId;
}

/** The topic and the number that a partition's name stands for. */
export function topicPartition(id: PartitionId): TopicPartition {
  const dash = id.lastIndexOf("-");
  return { topic: id.slice(0, dash), partition: Number(id.slice(dash + 1)) };
}
