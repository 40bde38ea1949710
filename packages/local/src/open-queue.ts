import type { ItemResult, OutgoingMessage, Payload } from "@spillway/spec";
import { requireNamed, type LocalStore } from "./open-local.ts";
import { requireOneOf } from "./options.ts";
import { defineQueue, type QueueOrder } from "./queue/queue-definition.ts";
import { readQueueState } from "./queue/queue-state.ts";
import { sendMessages } from "./queue/send-messages.ts";

/** Names a queue, and says what it is like if it is to be created. */
export interface OpenQueueOptions {
  readonly store: LocalStore;
  /** The queue's name, at most 255 bytes. */
  readonly queue: string;
  /** Whether messages of one key are kept in order (FIFO). It never changes; left out: as it is, "none" at first. */
  readonly order?: QueueOrder;
}

/** A durable queue: it holds a message until it is acknowledged under a valid receipt. */
export interface LocalQueue {
  readonly name: string;
  readonly order: QueueOrder;
  /**
   * Sends messages, at most 1,000, in their order. Resolves with one result for each when all that are ok are as durable as the store promises.
   * A rejection leaves it unknown whether all of them were sent or none.
   */
  send(messages: readonly OutgoingMessage<Payload>[], options?: { readonly signal?: AbortSignal }): Promise<readonly ItemResult[]>;
  /** Resolves to how many messages the queue holds, lent ones included. */
  held(): Promise<number>;
}

/** Opens a queue, or creates it. Rejects with SPILLWAY_INVALID_OPTIONS where it exists with another order. */
export async function openQueue(options: OpenQueueOptions): Promise<LocalQueue> {
  const access = requireNamed("openQueue", options, "queue", ["order"]);
  const { queue: name, order } = options;
  if (order !== undefined) requireOneOf("order", order, ["group", "none"]);
  const queue = await access.write((database) => defineQueue(database, name, order));
  return {
    name,
    order: queue.order,
    send: (messages, { signal } = {}) => sendMessages(access, name, messages, signal),
    held: () => access.read((database) => readQueueState(database, queue.id).held),
  };
}
