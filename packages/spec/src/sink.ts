import type { CallOptions } from "./call-options.ts";
import type { ItemResult } from "./item-result.ts";
import type { OutgoingMessage } from "./message.ts";

/** What a sink can do. */
export interface SinkTraits {
  /** The most messages that one write takes, at least 1. */
  readonly maxBatchSize: number;
  /**
   * What one write promises when an item fails. "write": messages are stored in their order, and none after one that failed (the later ones fail with
   * SPILLWAY_NOT_ATTEMPTED); so does a sink that stores all or nothing. "key": the same among messages of one key. "none": no promise; the engine then
   * writes one message of a lane at a time.
   */
  readonly order: "write" | "key" | "none";
}

/** Takes messages and confirms each. */
export interface Sink<T> {
  /** Names the sink, for events and errors. */
  readonly name: string;
  readonly traits: SinkTraits;
  /**
   * Writes 1 to maxBatchSize messages. Resolves with one result for each, in order; ok means that the sink holds the message as durably as it ever
   * will, or that it is stored in one step with the source's next checkpoint that settles the message it was made of. SPILLWAY_OVERSIZE on an item: it can never be stored. A rejection leaves it unknown which were stored: the engine treats all as failed,
   * and may write them again. May be called while earlier writes are under way; never with two messages of one lane in two writes.
   */
  write(messages: readonly OutgoingMessage<T>[], options: CallOptions): Promise<readonly ItemResult[]>;
}
