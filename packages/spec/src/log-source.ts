import type { CallOptions } from "./call-options.ts";
import type { CheckpointStore } from "./checkpoint.ts";
import type { Assigner, LeaseStore } from "./lease.ts";
import type { LogMessage, Message, Original } from "./message.ts";
import type { MessageCount } from "./message-count.ts";
import type { PartitionId, StartPosition } from "./position.ts";

/** What a log source can do, as literal types of the adapter and as values at run time. */
export interface LogTraits {
  readonly kind: "log";
  /** Whether its messages carry keys, so that `ordering: "key"` has a meaning. */
  readonly keys: boolean;
}

/** One partition of a log. */
export interface Partition {
  readonly id: PartitionId;
  /** The partitions that this one continues: split or merged into it. They are read to their end first. */
  readonly parents: readonly PartitionId[];
}

/** What one read brought. */
export interface LogBatch<T> {
  /** In log order; may be empty: an empty page still carries lag. */
  readonly messages: readonly LogMessage<T>[];
  /** How far the end of this batch is behind the end of the partition, in milliseconds; left out where the provider does not say. */
  readonly behindMs?: number;
  /**
   * How long the log keeps a message, from its timestamp, in milliseconds; left out where the provider does not say, or keeps all. The engine tells before
   * an unsettled message is dropped. It may change from batch to batch.
   */
  readonly retentionMs?: number;
  /**
   * The partitions that continue this one, where the provider names them when it ends, with all of their parents. In the last batch
   * before the end. The engine then need not wait for a listing that shows them; where this is left out, the next listing tells.
   */
  readonly children?: readonly Partition[];
  /** Set when the log no longer held what came next, so that reading went on later. Reported, never silent. */
  readonly lost?: LostMessages;
}

/** Messages that the log dropped (retention, trimming) before they could be read, or that its source was set to leave out. */
export interface LostMessages {
  /** How many, or undefined where the provider does not say. */
  readonly count: number | undefined;
  readonly reason: string;
  /** The timestamp of the last message before them, in milliseconds since the Unix epoch: they are no older. Left out where the source does not know. */
  readonly afterMs?: number;
  /** The timestamp of the first message behind them: they are no younger. Left out where the source does not know, or nothing is behind them yet. */
  readonly beforeMs?: number;
}

/** How a log's partitions are shared out among processes, and where its checkpoints are. */
export type Coordination =
  /** The provider assigns partitions itself (a Kafka consumer group). */
  | { readonly by: "provider"; readonly consumer: string; readonly assigner: Assigner; readonly checkpoints: CheckpointStore }
  /** The engine assigns partitions, over this lease store. */
  | { readonly by: "leases"; readonly consumer: string; readonly leases: LeaseStore; readonly checkpoints: CheckpointStore };

/** A partitioned, ordered, re-readable source. */
export interface LogSource<T, Traits extends LogTraits = LogTraits> {
  readonly kind: "log";
  /** Names the log within its coordination, for checkpoints, events and dead letters: a topic, a stream. */
  readonly name: string;
  readonly traits: Traits;
  /** The consumer's name and how its processes share the work. Two pipelines that must both see every message need two consumers. */
  readonly coordination: Coordination;
  /**
   * Resolves to the partitions that exist now, finished ones included as long as the provider lists them. Called again and again, to find new
   * ones. A rejection is retried with backoff; one of class fatal stops the pipeline.
   */
  partitions(options: CallOptions): Promise<readonly Partition[]>;
  /**
   * Reads one partition, pull by pull: the engine asks for the next batch only when there is room, and never runs two reads of a partition at
   * once. A batch holds what the provider gave in one answer, at most a few thousand messages. Waits for new messages by itself (with an empty
   * batch now and then, at least every few seconds, to carry lag). Done means that the partition has ended and nothing will ever follow.
   * A throw is retried with backoff from the last message given; one of class fatal stops the pipeline. Aborting the signal, or returning the
   * iterator, ends it and frees what it holds.
   */
  read(partition: PartitionId, options: CallOptions & { readonly from: StartPosition }): AsyncIterable<LogBatch<T>>;
  /**
   * Resolves to how many messages a reading from `from` would give now before it comes to where one from `until` begins; 0 where that is no later.
   * "latest" stands for the present end, and messages that the log holds no more do not count. Asked when a consumer is rewound, never while it
   * reads. A rejection is retried while it is retryable, then the count is given as unknown.
   */
  count(
    partition: PartitionId,
    options: CallOptions & { readonly from: StartPosition; readonly until: StartPosition },
  ): Promise<MessageCount>;
  /** The key and payload bytes that a message of this source arrived with, for its dead letter. Must not throw. */
  original(message: Message<T>): Original;
}
