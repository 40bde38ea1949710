import type { CallOptions } from "@spillway/spec";
import type { KafkaPort, TopicPartition } from "../client/kafka-port.ts";
import { coordinatorOf, type Coordinator } from "../group/coordinator.ts";
import { transactionalWriter, type TransactionalWriter } from "./transactional-writer.ts";

/** What beginning stands on. */
export interface BeginContext {
  readonly port: KafkaPort;
  readonly groupId: string;
  readonly groupCoordinator: Coordinator;
  readonly timeoutMs: number;
}

/**
 * Takes a partition's transactions over. Afterwards the last owner of the partition can commit nothing any more, and what it had begun to commit is
 * committed or void: so the committed offset is read after this, never before. Rejects while that is just happening; then it is asked again.
 */
export async function beginTransactions(context: BeginContext, at: TopicPartition, options: CallOptions): Promise<TransactionalWriter> {
  const { port, groupId, groupCoordinator, timeoutMs } = context;
  const transactionalId = transactionalIdOf(groupId, at);
  const transactionCoordinator = coordinatorOf(port, { transactionalId });
  const producer = await transactionCoordinator.call(
    (broker) => port.initTransactions(broker, { transactionalId, timeoutMs }, options),
    options,
  );
  return transactionalWriter({ port, groupId, groupCoordinator, transactionCoordinator, producer });
}

/** Neither a topic's name nor a number has a slash in it, so no two partitions of any two groups share an id. */
function transactionalIdOf(groupId: string, { topic, partition }: TopicPartition): string {
  return `spillway/${groupId}/${topic}/${partition}`;
}
