import type { CallOptions } from "@spillway/spec";
import { byTopic } from "./by-topic.ts";
import { check } from "./check-answer.ts";
import type { KafkaPort, TransactionalProducer } from "./kafka-port.ts";

type TransactionCalls = Pick<KafkaPort, "initTransactions" | "addPartitions" | "addOffsets" | "commitInTransaction" | "commitTransaction">;

/** Makes one call of this name at a broker. */
type Call = <T>(broker: number, name: string, parameters: object, options: CallOptions) => Promise<T>;

/** The calls that transactions are made of. */
export function transactionCalls(call: Call): TransactionCalls {
  return {
    async initTransactions(broker, { transactionalId, timeoutMs }, options) {
      const parameters = { transactionalId, transactionTimeout: timeoutMs };
      const answer = await call<ProducerIdAnswer>(broker, "InitProducerId", parameters, options);
      check(answer.errorCode, `the question for a producer of transactions ${transactionalId}`);
      return { transactionalId, producerId: BigInt(answer.producerId), epoch: answer.producerEpoch };
    },

    async addPartitions(broker, producer, partitions, options) {
      const topics = byTopic(partitions).map((one) => ({ topic: one.topic, partitions: one.partitions.map(({ partition }) => partition) }));
      const answer = await call<AddPartitionsAnswer>(broker, "AddPartitionsToTxn", { ...identityOf(producer), topics }, options);
      for (const { topic, partitionErrors } of answer.errors) {
        for (const { partition, errorCode } of partitionErrors) check(errorCode, `taking ${topic}-${partition} into a transaction`);
      }
    },

    async addOffsets(broker, producer, groupId, options) {
      const answer = await call<{ errorCode: number }>(broker, "AddOffsetsToTxn", { ...identityOf(producer), groupId }, options);
      check(answer.errorCode, `taking the offsets of group ${groupId} into a transaction`);
    },

    async commitInTransaction(broker, producer, groupId, commits, options) {
      const topics = byTopic(commits).map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(({ partition, offset, metadata }) => ({ partition, offset: String(offset), metadata })),
      }));
      const answer = await call<OffsetsAnswer>(broker, "TxnOffsetCommit", { ...identityOf(producer), groupId, topics }, options);
      for (const { topic, partitions } of answer.topics) {
        for (const { partition, errorCode } of partitions) check(errorCode, `the offset of ${topic}-${partition} in a transaction`);
      }
    },

    async commitTransaction(broker, producer, options) {
      const parameters = { ...identityOf(producer), transactionResult: true };
      const answer = await call<{ errorCode: number }>(broker, "EndTxn", parameters, options);
      check(answer.errorCode, `committing a transaction of ${producer.transactionalId}`);
    },
  };
}

function identityOf({ transactionalId, producerId, epoch }: TransactionalProducer): object {
  return { transactionalId, producerId: String(producerId), producerEpoch: epoch };
}

interface ProducerIdAnswer {
  readonly errorCode: number;
  readonly producerId: string;
  readonly producerEpoch: number;
}
interface AddPartitionsAnswer {
  readonly errors: readonly {
    readonly topic: string;
    readonly partitionErrors: readonly { readonly partition: number; readonly errorCode: number }[];
  }[];
}
interface OffsetsAnswer {
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly errorCode: number }[];
  }[];
}
