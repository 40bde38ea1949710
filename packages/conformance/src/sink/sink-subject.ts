import type { Headers, Payload, Sink } from "@spillway/spec";
import type { Suite } from "../kit/conformance-case.ts";
import type { Closable, Harness } from "../kit/harness.ts";

/** What a harness for sinks may lack. */
export type SinkNeed =
  /** traits.order is "key" or "write". */
  | "keyOrder"
  /** Keys are kept; a sink without them is given none. */
  | "keys"
  | "binaryKeys"
  /** Payloads that are not text in UTF-8. */
  | "binaryPayloads"
  | "headers"
  /** A header name may occur twice, and the order of all headers is kept. */
  | "repeatedHeaders"
  | "binaryHeaders"
  | "tombstones"
  | "emptyPayloads"
  /** There is a size above which a message can never be stored: `tooLargeBytes`. */
  | "sizeLimit"
  /** Writing the same message id twice stores it once. */
  | "deduplication"
  /** `reopen`. */
  | "reopen";

/** A message as the sink's backend holds it. */
export interface StoredMessage {
  readonly key: string | Uint8Array | undefined;
  readonly value: Payload;
  readonly headers: Headers;
}

/** One sink whose backend is empty when opened. */
export interface SinkSubject extends Closable {
  /** A sink of the backend; each call gives one that shares nothing but the backend with the others. */
  sink(): Sink<Payload>;
  /** Everything the backend holds, in the order it was stored in (within a key at least), read without help of the sink. */
  stored(): Promise<readonly StoredMessage[]>;
  /** The size of a payload close to the largest that the backend takes, in bytes. */
  readonly largePayloadBytes: number;
  /** The size of a payload that the backend never takes, in bytes; 0 where the harness lacks "sizeLimit". */
  readonly tooLargeBytes: number;
  /** The process dies without closing anything; what `sink` and `stored` give from now on stands on what was durable. */
  reopen(): Promise<void>;
}

/** A harness for sinks. */
export type SinkHarness = Harness<SinkSubject, SinkNeed>;

/** A suite for sinks. */
export type SinkSuite = Suite<SinkSubject, SinkNeed>;
