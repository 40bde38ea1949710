import type { Payload, Sink } from "@spillway/spec";
import { writeInOrder } from "../write-in-order.ts";
import type { MemoryQueue } from "./memory-queue.ts";

/** Sends to a queue in memory. */
export function memoryQueueSink({ queue }: { readonly queue: MemoryQueue }): Sink<Payload> {
  return {
    name: queue.name,
    traits: { maxBatchSize: 1_000, order: "key" },
    async write(messages, { signal }) {
      signal.throwIfAborted();
      return writeInOrder(messages, "key", (message) => queue.send([message]));
    },
  };
}
