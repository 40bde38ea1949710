import type { Payload, Sink } from "@spillway/spec";
import { writeInOrder } from "../write-in-order.ts";
import type { MemoryLog } from "./memory-log.ts";

/** Appends to a log in memory. */
export function memoryLogSink({ log }: { readonly log: MemoryLog }): Sink<Payload> {
  return {
    name: log.name,
    traits: { maxBatchSize: 1_000, order: "key" },
    async write(messages, { signal }) {
      signal.throwIfAborted();
      return writeInOrder(messages, "key", (message) => log.append([message]));
    },
  };
}
