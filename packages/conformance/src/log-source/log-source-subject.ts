import type { LogSource, OutgoingMessage, PartitionId, Payload, Position } from "@spillway/spec";
import type { Suite } from "../kit/conformance-case.ts";
import type { Closable, Harness } from "../kit/harness.ts";

/** What a harness for log sources may lack; each says which members of the subject, or which feature of the backend, it stands for. */
export type LogSourceNeed =
  /** Messages carry keys (traits.keys), and all messages of a key are in one partition. */
  | "keys"
  /** Keys that are not text. */
  | "binaryKeys"
  /** The log has at least two partitions when it is opened. */
  | "partitions"
  /** Payloads that are not text in UTF-8. */
  | "binaryPayloads"
  | "headers"
  /** A header name may occur twice, and the order of all headers is kept. */
  | "repeatedHeaders"
  | "binaryHeaders"
  | "tombstones"
  | "emptyPayloads"
  /** Reading may start at a timestamp. */
  | "timestamps"
  /** The source can tell, or bound, how many messages lie between two places. */
  | "counts"
  /** `elapse`. */
  | "elapse"
  /** `split`. */
  | "split"
  /** `merge`. */
  | "merge"
  /** `trim`. */
  | "trim"
  /** `foreignPosition`. */
  | "foreignPosition"
  /** `reopen`. */
  | "reopen";

/** One log, empty when opened, with at least one partition. */
export interface LogSourceSubject extends Closable {
  /** A source of the log for this consumer; each call gives one that shares nothing but the log (and its stores) with the others. */
  source(consumer: string): LogSource<Payload>;
  /** Appends in the order given, and all messages of one key to one partition. Resolves when readers may see them. */
  append(messages: readonly OutgoingMessage<Payload>[]): Promise<void>;
  /** The time that the log's timestamps are taken from, in milliseconds since the Unix epoch, as exactly as can be had. */
  nowMs(): number;
  /** Lets time pass: a virtual clock jumps, a real one is waited for. */
  elapse(ms: number): Promise<void>;
  /** The size of a payload close to the largest that the backend takes, in bytes. */
  readonly largePayloadBytes: number;
  /** Ends a partition and continues it in two children. Resolves when `partitions()` may show it. */
  split(partition: PartitionId): Promise<void>;
  /** Ends two partitions of the subject's choosing and continues them in one child. Resolves to the two. */
  merge(): Promise<readonly [PartitionId, PartitionId]>;
  /** Drops the partition's messages up to and including this position, as retention would. */
  trim(partition: PartitionId, through: Position): Promise<void>;
  /** A position that no partition of this log has given or will give: of another log, or damaged. */
  readonly foreignPosition: Position;
  /** The process dies without closing anything; what `source` and `append` give from now on stands on what was durable. */
  reopen(): Promise<void>;
}

/** A harness for log sources. */
export type LogSourceHarness = Harness<LogSourceSubject, LogSourceNeed>;

/** A suite for log sources. */
export type LogSourceSuite = Suite<LogSourceSubject, LogSourceNeed>;
