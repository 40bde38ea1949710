import { SpillwayError, type OutgoingMessage, type Sink } from "@spillway/spec";
import { writeInOrder } from "./write-in-order.ts";

/** How a collecting sink is made. */
export interface MemorySinkOptions {
  /** Left out: "memory". */
  readonly name?: string;
  /** The most messages that one write takes; left out: 1,000. */
  readonly maxBatchSize?: number;
  /**
   * What a failure inside a write holds up: later messages of its key, or with "write" all later ones, as in a sink that stores in one sequence or all
   * or nothing. Left out: "key".
   */
  readonly order?: "write" | "key";
  /** The largest value, in bytes, where values are bytes; left out: no limit. */
  readonly maxMessageBytes?: number;
}

/** A sink that keeps what was written to it, for tests and small programs. */
export interface MemorySink<T> extends Sink<T> {
  /** All messages written so far, in order. Grows until `clear`: it is a collection, not a store. */
  readonly messages: readonly OutgoingMessage<T>[];
  /** Forgets what was written. */
  clear(): void;
}

/** Makes a sink of any values. Bytes are copied; other values are kept as they are, so do not change them after writing. */
export function memorySink<T>(options: MemorySinkOptions = {}): MemorySink<T> {
  const { name = "memory", maxBatchSize = 1_000, order = "key", maxMessageBytes = Infinity } = options;
  const messages: OutgoingMessage<T>[] = [];

  function keep({ sourceMessage: _made, ...message }: OutgoingMessage<T>): void {
    const { value } = message;
    if (!(value instanceof Uint8Array)) return void messages.push(message);
    if (value.byteLength > maxMessageBytes) {
      throw new SpillwayError(`A value of ${value.byteLength} bytes is above the limit of ${maxMessageBytes} bytes (maxMessageBytes).`, {
        code: "SPILLWAY_OVERSIZE",
        failureClass: "permanent",
      });
    }
    // The slice of the base class copies; a Buffer's own is a second view of the same memory.
    messages.push({ ...message, value: Uint8Array.prototype.slice.call(value) as T & Uint8Array });
  }

  return {
    name,
    traits: { maxBatchSize, order },
    messages,
    async write(batch, { signal }) {
      signal.throwIfAborted();
      return writeInOrder(batch, order, keep);
    },
    clear() {
      messages.length = 0;
    },
  };
}
