import { failureClassOf, type CallOptions, type PartitionId, type StartPosition } from "@spillway/spec";
import type { CommittedOffset, GroupStamp, KafkaPort, TopicPartition } from "../client/kafka-port.ts";
import type { TopicDirectory } from "../client/topic-directory.ts";
import { partitionId } from "../partition-id.ts";
import { beginTransactions } from "../transactions/begin-transactions.ts";
import type { TransactionScope } from "../transactions/transaction-scope.ts";
import type { TransactionalWriter } from "../transactions/transactional-writer.ts";
import { decodeMetadata, encodeMetadata, type CommitMetadata } from "./commit-metadata.ts";
import type { Coordinator } from "./coordinator.ts";
import type { HeldLease } from "./held-lease.ts";
import { outlived } from "./outlived.ts";
import { startOffsets, type PartitionStart } from "./start-offsets.ts";

/** What acquiring stands on. */
export interface AcquireContext {
  readonly port: KafkaPort;
  readonly coordinator: Coordinator;
  readonly directory: TopicDirectory;
  readonly groupId: string;
  readonly start: StartPosition;
  /** Set when offsets are committed together with what sinks were given. */
  readonly transactions: TransactionScope | undefined;
  readonly warn: (message: string) => void;
}

/** A partition as it was found, and marked as held. */
export type Found = Pick<HeldLease, "topic" | "partition" | "id" | "takeover" | "committed" | "gone" | "transactions">;

const nothing: CommitMetadata = { topicId: undefined, held: false, fresh: false, done: [], attempting: undefined };

/**
 * Reads what is committed for partitions that were just assigned, once no transaction of their last owner can change it any more, and marks them as
 * held, in one commit: so that whoever finds one held knows that its owner crashed, and so that a start at "latest" stays where it was, whatever happens
 * before the first checkpoint. An offset of a topic that was made anew since counts for nothing: the new one is read from its first message.
 */
export async function acquire(
  context: AcquireContext,
  stamp: GroupStamp,
  partitions: readonly TopicPartition[],
  starts: readonly PartitionStart[],
  options: CallOptions,
): Promise<readonly Found[]> {
  const { port, coordinator, directory, groupId, start } = context;
  const writers = await begun(context, partitions, options);
  const ready = context.transactions === undefined ? partitions : partitions.filter((at) => writers.has(partitionId(at)));
  if (ready.length === 0) return [];
  const answers = await coordinator.call((broker) => port.committed(broker, groupId, ready, options), options);
  const gone = new Map(answers.map((one) => [partitionId(one), outlived(one, directory)]));
  const isGone = (one: TopicPartition): boolean => gone.get(partitionId(one)) !== undefined;
  const committed = answers.map((one): CommittedOffset => (isGone(one) ? { ...one, offset: undefined, metadata: "" } : one));
  const given = new Map(starts.map((one) => [partitionId(one), one.offset]));
  const unknown = committed.filter((one) => one.offset === undefined && !isGone(one) && !given.has(partitionId(one)));
  const begin = async (some: readonly CommittedOffset[], from: StartPosition): Promise<void> => {
    if (some.length === 0) return;
    for (const one of await startOffsets(port, directory, some, from, options)) given.set(partitionId(one), one.offset);
  };
  await Promise.all([begin(unknown, start), begin(committed.filter(isGone), { at: "earliest" })]);
  const found = committed.flatMap(({ topic, partition, offset, metadata }): Found[] => {
    const id = partitionId({ topic, partition });
    const at = offset ?? given.get(id);
    if (at === undefined) return [];
    const old = offset === undefined ? { ...nothing, fresh: true } : metadataOf(context, id, at, metadata);
    const held = { ...old, topicId: directory.id(topic) ?? old.topicId, held: true };
    const takeover = old.held ? "unclean" : "clean";
    return [
      { topic, partition, id, takeover, committed: { offset: at, metadata: held }, gone: gone.get(id), transactions: writers.get(id) },
    ];
  });
  const commits = found.map(({ topic, partition, committed: { offset, metadata } }) => ({
    topic,
    partition,
    offset,
    metadata: encodeMetadata(offset, metadata),
  }));
  if (commits.length > 0) await coordinator.call((broker) => port.commit(broker, groupId, stamp, commits, options), options);
  return found;
}

/** Takes the partitions' transactions over. One whose last transaction is just being ended is left out until the next call, and holds up no other. */
async function begun(
  { transactions, port, groupId, coordinator }: AcquireContext,
  partitions: readonly TopicPartition[],
  options: CallOptions,
): Promise<ReadonlyMap<PartitionId, TransactionalWriter>> {
  const writers = new Map<PartitionId, TransactionalWriter>();
  if (transactions === undefined) return writers;
  const context = { port, groupId, groupCoordinator: coordinator, timeoutMs: transactions.timeoutMs };
  const begin = async (at: TopicPartition): Promise<void> => {
    try {
      writers.set(partitionId(at), await beginTransactions(context, at, options));
    } catch (error) {
      if (options.signal.aborted || failureClassOf(error) === "fatal") throw error;
    }
  };
  await Promise.all(partitions.map(begin));
  return writers;
}

function metadataOf({ warn, groupId }: AcquireContext, id: string, offset: number, text: string): CommitMetadata {
  const decoded = decodeMetadata(offset, text);
  if (decoded.origin === "own") return decoded.metadata;
  if (decoded.origin === "foreign") {
    warn(
      `The offset of ${id} in group ${groupId} carries metadata of another program or version, which is ignored: what was done beyond the offset ` +
        `runs again. It began with ${JSON.stringify(text.slice(0, 40))}.`,
    );
  }
  return nothing;
}
