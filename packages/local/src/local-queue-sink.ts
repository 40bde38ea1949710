import type { Payload, Sink } from "@spillway/spec";
import { requireNamed, type LocalStore } from "./open-local.ts";
import { maxSendMessages, sendMessages } from "./queue/send-messages.ts";

/** Names the queue that a sink sends to. */
export interface LocalQueueSinkOptions {
  readonly store: LocalStore;
  /** A queue that openQueue has created. */
  readonly queue: string;
}

/** A sink that sends to a queue of the store; keys are groups where the queue keeps order. It does not look at message ids. */
export function localQueueSink(options: LocalQueueSinkOptions): Sink<Payload> {
  const access = requireNamed("localQueueSink", options, "queue", []);
  return {
    name: options.queue,
    traits: { maxBatchSize: maxSendMessages, order: "key" },
    write: (messages, { signal }) => sendMessages(access, options.queue, messages, signal),
  };
}
