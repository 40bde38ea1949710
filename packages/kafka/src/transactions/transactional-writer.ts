import { hasCode, SpillwayError, type CallOptions } from "@spillway/spec";
import type { KafkaPort, OffsetCommit, TopicPartition, TransactionalProducer } from "../client/kafka-port.ts";
import type { Coordinator } from "../group/coordinator.ts";
import { recordBatch } from "../wire/record-batch.ts";
import type { Output, OutputWriter } from "./output.ts";
import { untilAnswered } from "./until-answered.ts";

/** What a partition's transactions stand on. */
export interface TransactionContext {
  readonly port: KafkaPort;
  readonly groupId: string;
  readonly groupCoordinator: Coordinator;
  readonly transactionCoordinator: Coordinator;
  readonly producer: TransactionalProducer;
}

/** Writes the transactions of one partition of the source, one after the other. */
export interface TransactionalWriter {
  /**
   * Stores the outputs and commits the offset, both or neither. When it rejects, it is unknown which, and the writer is worthless: only its successor
   * learns it from the committed offset.
   */
  commit(outputs: readonly Output[], offset: OffsetCommit, options: CallOptions): Promise<void>;
}

const largestSequence = 0x7fff_ffff;

/** Makes a writer with an identity of its own. */
export function transactionalWriter(context: TransactionContext): TransactionalWriter {
  const { port, groupId, groupCoordinator, transactionCoordinator, producer } = context;
  /** The next sequence number of each partition that was written to. */
  const sequences = new Map<string, number>();

  function atCoordinator(coordinator: Coordinator, make: (broker: number) => Promise<void>, options: CallOptions): Promise<void> {
    return untilAnswered(() => coordinator.call(make, options), options);
  }

  async function store(outputs: readonly Output[], options: CallOptions): Promise<void> {
    const destinations = byDestination(outputs);
    const partitions = destinations.flatMap(([first]) => (first === undefined ? [] : [first.to]));
    await atCoordinator(transactionCoordinator, (broker) => port.addPartitions(broker, producer, partitions, options), options);
    const failed = new AbortController();
    const together: CallOptions = { signal: AbortSignal.any([options.signal, failed.signal]) };
    await Promise.all(
      destinations.map((some) =>
        storeIn(some, together).catch((error: unknown) => {
          failed.abort(error);
          throw error;
        }),
      ),
    );
  }

  /** Stores one partition's outputs in their order, a batch at a time. */
  async function storeIn(outputs: readonly Output[], options: CallOptions): Promise<void> {
    let rest = outputs;
    while (rest.length > 0) {
      const count = batchLength(rest);
      await storeBatch(rest.slice(0, count), options);
      rest = rest.slice(count);
    }
  }

  /** A batch that the topic does not take whole is halved, down to the message that it does not take. */
  async function storeBatch(outputs: readonly Output[], options: CallOptions): Promise<void> {
    const [first] = outputs;
    if (first === undefined) return;
    const { to, writer } = first;
    const firstSequence = sequences.get(nameOf(to)) ?? 0;
    const messages = outputs.map(({ message }) => message);
    const batch = await recordBatch(messages, { ...producer, firstSequence, isTransactional: true }, writer.codec, Date.now());
    try {
      await untilAnswered(
        () => writer.produce(to, batch, producer.transactionalId, options),
        options,
        (each) => refreshed(writer, each),
      );
    } catch (error) {
      if (!hasCode(error, "SPILLWAY_OVERSIZE") && !hasCode(error, "SPILLWAY_KAFKA_INVALID_RECORD")) throw error;
      if (outputs.length === 1) throw notTaken(to, first, error);
      // It was refused before it was stored, so no number was used.
      const middle = outputs.length >> 1;
      await storeBatch(outputs.slice(0, middle), options);
      return storeBatch(outputs.slice(middle), options);
    }
    sequences.set(nameOf(to), (firstSequence + outputs.length) % (largestSequence + 1));
  }

  return {
    async commit(outputs, offset, options) {
      if (outputs.length > 0) await store(outputs, options);
      await atCoordinator(transactionCoordinator, (broker) => port.addOffsets(broker, producer, groupId, options), options);
      await atCoordinator(groupCoordinator, (broker) => port.commitInTransaction(broker, producer, groupId, [offset], options), options);
      // Repeated after a lost answer, it is answered as the first time: the epoch is the same.
      await atCoordinator(transactionCoordinator, (broker) => port.commitTransaction(broker, producer, options), options);
    },
  };
}

function byDestination(outputs: readonly Output[]): readonly (readonly Output[])[] {
  const destinations = new Map<string, Output[]>();
  for (const output of outputs) {
    const some = destinations.get(nameOf(output.to));
    if (some === undefined) destinations.set(nameOf(output.to), [output]);
    else some.push(output);
  }
  return [...destinations.values()];
}

/** How many of these outputs make one batch. */
function batchLength(outputs: readonly Output[]): number {
  const [first] = outputs;
  let bytes = 0;
  let count = 0;
  for (const output of outputs) {
    bytes += output.bytes;
    if (count > 0 && (output.writer !== first?.writer || bytes > output.writer.maxBatchBytes)) break;
    count += 1;
  }
  return count;
}

async function refreshed(writer: OutputWriter, options: CallOptions): Promise<void> {
  // That the cluster does not say who leads must not end the waiting for a leader.
  await writer.refresh(options).catch(() => undefined);
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}

/** The message was confirmed when it was gathered, so it can become no dead letter any more. */
function notTaken({ topic, partition }: TopicPartition, { from, offset }: Output, cause: unknown): SpillwayError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new SpillwayError(
    `Topic "${topic}" does not take what message ${from}@${offset} was made into, for partition ${partition}: ${why} Set the sink's maxBatchBytes to at most ` +
      "what the topic takes (max.message.bytes), so that a larger message fails alone; and give each message for a compacted topic a key.",
    { code: "SPILLWAY_KAFKA_TRANSACTION", failureClass: "fatal", cause },
  );
}
