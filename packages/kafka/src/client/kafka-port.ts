import type { CallOptions } from "@spillway/spec";
import type { AbortedTransaction } from "../wire/record-set.ts";
import type { KafkaError } from "./kafka-error.ts";

/** Names one partition of one topic. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** What a cluster says of a topic. */
export interface TopicMetadata {
  readonly topic: string;
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
  readonly partitions: readonly (TopicPartition & { readonly offset: number; readonly maxBytes: number })[];
}

/** A question for an offset: -1 the end, -2 the beginning, else the first message not before this time (-1 if there is none). */
export type OffsetQuestion = TopicPartition & { readonly timestampMs: number };

/** The answer to an offset question. */
export type OffsetAnswer = TopicPartition & { readonly offset: number; readonly error: KafkaError | undefined };

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
}

/** A producer's identity, by which a broker knows a batch that it was sent before. */
export interface ProducerId {
  readonly producerId: bigint;
  readonly epoch: number;
}

/**
 * The calls that the adapter makes of a Kafka client, as Kafka defines them: another client fits behind it if it can make these. Every call is one
 * request to one broker, is made once, and rejects with a KafkaError; only the caller knows what may be tried again. Aborting the signal rejects.
 */
export interface KafkaPort {
  /** All topics, or these. Learns which brokers there are. */
  metadata(topics: readonly string[] | undefined, options: CallOptions): Promise<readonly TopicMetadata[]>;
  fetch(broker: number, request: FetchRequest, options: CallOptions): Promise<readonly FetchedPartition[]>;
  listOffsets(broker: number, questions: readonly OffsetQuestion[], options: CallOptions): Promise<readonly OffsetAnswer[]>;
  /** Resolves to the broker that coordinates a group. */
  coordinator(groupId: string, options: CallOptions): Promise<number>;
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
  /** Resolves to the offset of the batch's first record; rejects unless the broker confirms exactly this batch. */
  produce(broker: number, request: ProduceRequest, options: CallOptions): Promise<number>;
  /** Lets the process end although connections are open, or not any more. */
  keepAlive(keep: boolean): void;
  /** Closes all connections; calls under way reject. A later call opens them again. */
  close(): Promise<void>;
}
