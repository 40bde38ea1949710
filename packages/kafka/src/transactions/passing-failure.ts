import { KafkaError } from "../client/kafka-error.ts";

/** Answers after which the same request may be made again within the same transaction. */
const passing: ReadonlySet<string> = new Set([
  "CONNECTION",
  "TIMEOUT",
  "BROKER_NOT_FOUND",
  "RESULT_MISMATCH",
  "CONCURRENT_TRANSACTIONS",
  "GROUP_LOAD_IN_PROGRESS",
  "GROUP_COORDINATOR_NOT_AVAILABLE",
  "NOT_COORDINATOR_FOR_GROUP",
  "LEADER_NOT_AVAILABLE",
  "NOT_LEADER_FOR_PARTITION",
  "UNKNOWN_TOPIC_OR_PARTITION",
  "REQUEST_TIMED_OUT",
  "NETWORK_EXCEPTION",
  "NOT_ENOUGH_REPLICAS",
  "NOT_ENOUGH_REPLICAS_AFTER_APPEND",
  "KAFKA_STORAGE_ERROR",
]);

/** Whether a failure may pass while the transaction stays as it is; after any other, the transaction is given up. */
export function isPassing(error: unknown): boolean {
  return error instanceof KafkaError && passing.has(error.type);
}
