import type { Brand } from "./brand.ts";

/** Names one partition (shard) of a log; unique within its source, stable over restarts. */
export type PartitionId = Brand<string, "PartitionId">;

/** Names one message of a partition. Opaque: the engine compares it for equality only, never for order. */
export type Position = Brand<string, "Position">;

/** Names one delivery of one message by a queue; worthless once the queue has given the message to somebody else. */
export type Receipt = Brand<string, "Receipt">;

/** Where reading a partition begins. */
export type StartPosition =
  /** The oldest message that the log still holds. */
  | { readonly at: "earliest" }
  /** Messages appended after reading has begun. */
  | { readonly at: "latest" }
  /** The first message whose timestamp is not before this one, in milliseconds since the Unix epoch. */
  | { readonly at: "timestamp"; readonly timestampMs: number }
  /** The message that follows this one; the message itself need not exist any more. */
  | { readonly at: "after"; readonly position: Position };
