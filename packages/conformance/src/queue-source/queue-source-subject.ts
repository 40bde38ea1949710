import type { OutgoingMessage, Payload, QueueSource } from "@spillway/spec";
import type { Suite } from "../kit/conformance-case.ts";
import type { Closable, Harness } from "../kit/harness.ts";

/** What a harness for queue sources may lack. */
export type QueueSourceNeed =
  /** The queue keeps groups in order (traits.keys): FIFO. */
  | "groups"
  /** Payloads that are not text in UTF-8. */
  | "binaryPayloads"
  | "headers"
  /** A header name may occur twice, and the order of all headers is kept. */
  | "repeatedHeaders"
  | "binaryHeaders"
  | "tombstones"
  | "emptyPayloads"
  /** The queue notices a receipt of an earlier delivery (SPILLWAY_RECEIPT_LOST) and leaves the later delivery alone. */
  | "checkedReceipts"
  /** maxNackDelayMs is above 0. */
  | "nackDelay"
  /** `elapse`. */
  | "elapse"
  /** `reopen`. */
  | "reopen";

/** One queue, empty when opened. */
export interface QueueSourceSubject extends Closable {
  /** A source of the queue; each call gives one that competes with the others. */
  source(): QueueSource<Payload>;
  /** Sends in the order given; resolves when all are durable. The key is the message's group; a queue without groups may drop it. */
  send(messages: readonly OutgoingMessage<Payload>[]): Promise<void>;
  /** The time that the queue's timestamps are taken from, in milliseconds since the Unix epoch, as exactly as can be had. */
  nowMs(): number;
  /** Lets time pass: a virtual clock jumps, a real one is waited for. Real queues should be opened with a short visibility timeout. */
  elapse(ms: number): Promise<void>;
  /** The size of a payload close to the largest that the backend takes, in bytes. */
  readonly largePayloadBytes: number;
  /** The process dies without closing anything; what `source` and `send` give from now on stands on what was durable. */
  reopen(): Promise<void>;
}

/** A harness for queue sources. */
export type QueueSourceHarness = Harness<QueueSourceSubject, QueueSourceNeed>;

/** A suite for queue sources. */
export type QueueSourceSuite = Suite<QueueSourceSubject, QueueSourceNeed>;
