import type { CallOptions } from "./call-options.ts";
import type { ItemResult } from "./item-result.ts";
import type { Message, Original, QueueMessage } from "./message.ts";
import type { Receipt } from "./position.ts";

/** What a queue source can do, as literal types of the adapter and as values at run time. */
export interface QueueTraits {
  readonly kind: "queue";
  /** Whether messages belong to groups that the queue keeps in order (FIFO); the group is then the message's key. */
  readonly keys: boolean;
}

/** What a pipeline will do with the messages of a queue, as far as the queue's own settings may come in its way. */
export interface QueueUse {
  /** How often a failing message is tried at most, the first attempt included. */
  readonly attempts: number;
  /** The age at which a failing message is given up, in milliseconds; undefined when there is none. */
  readonly maxAgeMs: number | undefined;
  /** How many of these attempts may each cost a receive, because the wait before them is spent in the queue; 0 when all wait in the process. */
  readonly receivesByRetry: number;
  /**
   * The receive at which a message that had no outcome before is dead-lettered as one that kills the process; undefined where the pipeline may halt, and so
   * leaves it to the queue.
   */
  readonly crashedAtReceive: number | undefined;
}

/** A source that lends messages under receipts; anyone may compete for them. */
export interface QueueSource<T, Traits extends QueueTraits = QueueTraits> {
  readonly kind: "queue";
  /** Names the queue, for events and dead letters. */
  readonly name: string;
  readonly traits: Traits;
  /**
   * How long a message stays ours after receive or extend, in milliseconds. The engine extends at a third of it, for the first time at two thirds at the latest; an
   * extension that fails is asked for again in waits of at most a fifteenth.
   */
  readonly visibilityTimeoutMs: number;
  /** The longest delay that nack accepts, in milliseconds; 0 when a message can only be given back at once. */
  readonly maxNackDelayMs: number;
  /** How many receive calls the engine keeps under way while there is room. */
  readonly receivers: number;
  /**
   * Resolves to at most maxMessages messages, at least one of the caller's choosing the moment there is one; to none after a wait of the adapter's
   * own (long polling). In a FIFO group the messages come in order. A rejection is retried with backoff; one of class fatal stops the pipeline.
   * Messages that the provider gave to an aborted call come back by themselves when their visibility ends.
   */
  receive(options: CallOptions & { readonly maxMessages: number }): Promise<readonly QueueMessage<T>[]>;
  /**
   * Deletes messages. One result for each receipt, in order: SPILLWAY_RECEIPT_LOST means that it was not ours any more; any other error leaves it
   * unknown and the engine asks again; one of class fatal stops the pipeline. The adapter splits into the provider's batches. A rejection is a failure of all.
   */
  ack(receipts: readonly Receipt[], options: CallOptions): Promise<readonly ItemResult[]>;
  /** Gives messages back: they are delivered again after delayMs, whole milliseconds, at most maxNackDelayMs. Results as for ack. */
  nack(receipts: readonly Receipt[], options: CallOptions & { readonly delayMs: number }): Promise<readonly ItemResult[]>;
  /**
   * Keeps messages ours for another visibilityTimeoutMs from now. Results as for ack. Never called for a receipt that is being nacked, and answered before a nack of it. One call at a time: a
   * lost answer should be given up early enough for another try before the visibility ends.
   */
  extend(receipts: readonly Receipt[], options: CallOptions): Promise<readonly ItemResult[]>;
  /**
   * What the queue's own settings will do to such a use, one sentence each that says what to change; empty when they leave it alone. Asked once as a run
   * starts, and whenever a caller wants to know: it must neither take messages nor change anything. A rejection is told, and costs the run nothing.
   */
  advise(use: QueueUse, options: CallOptions): Promise<readonly string[]>;
  /** The key and payload bytes that a message of this source arrived with, for its dead letter. Must not throw. */
  original(message: Message<T>): Original;
}
