import type { PartitionId, Position, Receipt } from "./position.ts";

/** What travels in a byte-oriented backend: the bytes (possibly none), or null for a tombstone. */
export type Payload = Uint8Array | null;

/** One header. A name may occur several times; order and repetition are kept. */
export type Header = readonly [name: string, value: string | Uint8Array];

/** The headers of a message, in their order. */
export type Headers = readonly Header[];

/** One unit of work, as data: settling it is the engine's business, so it has no ack(). */
export interface Message<T> {
  /** Stable over redeliveries and unique within the source; may be computed when first read. */
  readonly id: string;
  /**
   * What must stay in order with `ordering: "key"`; undefined when the message has none, and then it is a lane of its own.
   * Text: an adapter with binary keys gives a text in which equal keys are equal, and returns the bytes from `original`.
   */
  readonly key: string | undefined;
  readonly value: T;
  readonly headers: Headers;
  /** When the message was appended or sent, in milliseconds since the Unix epoch, by the provider's clock where it has one. */
  readonly timestampMs: number;
}

/** A message of a log: it has a place in its partition. */
export interface LogMessage<T> extends Message<T> {
  /** Equal for equal places; a checkpoint "after" it begins with the next message. */
  readonly position: Position;
}

/** A message of a queue: it was lent under a receipt. */
export interface QueueMessage<T> extends Message<T> {
  readonly receipt: Receipt;
  /** How often the queue has given this message out, this time included: 1 for the first. */
  readonly receiveCount: number;
}

/** Where a message came from, for dead letters, events and errors. */
export type Origin =
  | { readonly kind: "log"; readonly source: string; readonly partition: PartitionId; readonly position: Position }
  | { readonly kind: "queue"; readonly source: string; readonly receiveCount: number };

/** The bytes that a message arrived with, so that a dead letter restores it exactly. */
export interface Original {
  readonly key: string | Uint8Array | undefined;
  readonly payload: Payload;
}

/** A message on its way to a sink. */
export interface OutgoingMessage<T> {
  /** Undefined or left out: the message has no key and needs no order. */
  readonly key?: string | Uint8Array | undefined;
  readonly value: T;
  /** Left out: none. */
  readonly headers?: Headers;
  /** The same for every attempt to write this message; a sink that can deduplicate uses it. Left out: the sink makes its own. */
  readonly id?: string;
  /**
   * The message of the source that this one was made of, as it was read; the engine says so. A sink that stores what it is given together with the
   * source's checkpoint goes by it. Left out: it was made of none.
   */
  readonly sourceMessage?: Message<unknown>;
}
