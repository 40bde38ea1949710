import type { CallOptions } from "@spillway/spec";
import type { AbortedTransaction } from "../wire/record-set.ts";
import type { KafkaError } from "./kafka-error.ts";

/** Names one partition of one topic. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** A partition to read of. */
export interface ReadablePartition extends TopicPartition {
  /** The topic that is meant, of all that have had or will have this name; undefined: whichever has it now. */
  readonly topicId: string | undefined;
}

/** Where a broker is. */
export interface BrokerAddress {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

/** What a cluster says of a topic. */
export interface TopicMetadata {
  readonly topic: string;
  /** Another one when the topic was deleted and made anew; undefined where the brokers do not tell (before Kafka 2.8), and when it is missing. */
  readonly id: string | undefined;
  readonly isInternal: boolean;
  /** Set when the topic is missing or may not be seen. */
  readonly error: KafkaError | undefined;
  readonly partitions: readonly { readonly partition: number; readonly leader: number }[];
}

/** One partition's share of a fetch. */
export interface FetchedPartition extends TopicPartition {
  readonly error: KafkaError | undefined;
  /** One past the last message that a read_committed reader may see. */
  readonly endOffset: number;
  readonly aborted: readonly AbortedTransaction[];
  /** Record batches, packed; read with readRecordSet. */
  readonly records: Buffer;
}

/** What is asked of one broker in a fetch. */
export interface FetchRequest {
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly partitions: readonly (ReadablePartition & { readonly offset: number; readonly maxBytes: number })[];
}

/** A question for an offset: -1 the end, -2 the beginning, else the first message not before this time (-1 if there is none). */
export type OffsetQuestion = TopicPartition & { readonly timestampMs: number };

/** The answer to an offset question. */
export type OffsetAnswer = TopicPartition & { readonly offset: number; readonly error: KafkaError | undefined };

/** What a broker can be the coordinator of. */
export type CoordinatorOf = { readonly groupId: string } | { readonly transactionalId: string };

/** A member's stamp: what the coordinator checks its calls against. */
export interface GroupStamp {
  readonly generation: number;
  readonly memberId: string;
}

/** A group that was joined. */
export interface JoinedGroup extends GroupStamp {
  readonly leaderId: string;
  /** All members with their metadata, for the leader; empty for the others. */
  readonly members: readonly { readonly memberId: string; readonly metadata: Buffer }[];
}

/** An offset to commit. */
export type OffsetCommit = TopicPartition & { readonly offset: number; readonly metadata: string };

/** An offset that was committed; undefined offset: none was. */
export type CommittedOffset = TopicPartition & { readonly offset: number | undefined; readonly metadata: string };

/** One batch for one partition. */
export interface ProduceRequest extends TopicPartition {
  /** A finished record batch of format 2. */
  readonly batch: Buffer;
  readonly acks: -1;
  readonly timeoutMs: number;
  /** The transaction that the batch is part of; undefined: none. */
  readonly transactionalId: string | undefined;
}

/** A producer's identity, by which a broker knows a batch that it was sent before. */
export interface ProducerId {
  readonly producerId: bigint;
  readonly epoch: number;
}

/** A producer of transactions. Whoever asks for this identity next makes it worthless to its last owner. */
export interface TransactionalProducer extends ProducerId {
  readonly transactionalId: string;
}

/**
 * The calls that the adapter makes of a Kafka client, as Kafka defines them: another client fits behind it if it can make these. Every call is one
 * request to one broker, is made once, and rejects with a KafkaError; only the caller knows what may be tried again. Aborting the signal rejects.
 */
export interface KafkaPort {
  /** All topics, or these. Learns which brokers there are. */
  metadata(topics: readonly string[] | undefined, options: CallOptions): Promise<readonly TopicMetadata[]>;
  /**
   * Fetches by topic id where all ids are given and the broker can (from Kafka 3.1), and then refuses a topic that was made anew (UNKNOWN_TOPIC_ID); else by
   * name.
   */
  fetch(broker: number, request: FetchRequest, options: CallOptions): Promise<readonly FetchedPartition[]>;
  listOffsets(broker: number, questions: readonly OffsetQuestion[], options: CallOptions): Promise<readonly OffsetAnswer[]>;
  /** Resolves to the broker that coordinates a group, or the transactions of an id. */
  coordinator(of: CoordinatorOf, options: CallOptions): Promise<number>;
  joinGroup(
    broker: number,
    request: {
      readonly groupId: string;
      readonly memberId: string;
      readonly sessionTimeoutMs: number;
      readonly rebalanceTimeoutMs: number;
      readonly protocol: string;
      readonly metadata: Buffer;
    },
    options: CallOptions,
  ): Promise<JoinedGroup>;
  /** Resolves to this member's assignment. */
  syncGroup(
    broker: number,
    groupId: string,
    stamp: GroupStamp,
    assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[],
    options: CallOptions,
  ): Promise<Buffer>;
  heartbeat(broker: number, groupId: string, stamp: GroupStamp, options: CallOptions): Promise<void>;
  leaveGroup(broker: number, groupId: string, memberId: string, options: CallOptions): Promise<void>;
  /** Resolves when all are durable; rejects with the first partition's error, and then some may be. */
  commit(broker: number, groupId: string, stamp: GroupStamp, commits: readonly OffsetCommit[], options: CallOptions): Promise<void>;
  committed(
    broker: number,
    groupId: string,
    partitions: readonly TopicPartition[],
    options: CallOptions,
  ): Promise<readonly CommittedOffset[]>;
  /** A producer identity of its own, from any broker. */
  initProducerId(options: CallOptions): Promise<ProducerId>;
  /**
   * A producer's identity for transactions, from their coordinator. Aborts a transaction that the last owner of the id has left open; rejects with
   * CONCURRENT_TRANSACTIONS while one is being ended, so that afterwards everything is as the last transaction left it.
   */
  initTransactions(
    broker: number,
    request: { readonly transactionalId: string; readonly timeoutMs: number },
    options: CallOptions,
  ): Promise<TransactionalProducer>;
  /** Takes partitions into the producer's transaction, which begins with the first. */
  addPartitions(
    broker: number,
    producer: TransactionalProducer,
    partitions: readonly TopicPartition[],
    options: CallOptions,
  ): Promise<void>;
  /** Takes a group's offsets into the producer's transaction. */
  addOffsets(broker: number, producer: TransactionalProducer, groupId: string, options: CallOptions): Promise<void>;
  /** Commits offsets at the group's coordinator that count only when the transaction is committed. */
  commitInTransaction(
    broker: number,
    producer: TransactionalProducer,
    groupId: string,
    commits: readonly OffsetCommit[],
    options: CallOptions,
  ): Promise<void>;
  /** Commits the producer's transaction: all of it, or nothing. May be repeated; a rejection leaves it unknown whether it is committed. */
  commitTransaction(broker: number, producer: TransactionalProducer, options: CallOptions): Promise<void>;
  /** Resolves to the offset of the batch's first record; rejects unless the broker confirms exactly this batch. */
  produce(broker: number, request: ProduceRequest, options: CallOptions): Promise<number>;
  /** Lets the process end although connections are open, or not any more. */
  keepAlive(keep: boolean): void;
  /** Closes all connections; calls under way reject. A later call opens them again. */
  close(): Promise<void>;
}
