import { invalidOptions } from "../failures.ts";
import { readDefinition, writeDefinition } from "../storage/definitions.ts";
import type { Database } from "../storage/environment.ts";

/** "group": messages of one key are a group that is kept in order (FIFO). "none": no order, any message may be lent at any time. */
export type QueueOrder = "group" | "none";

/** A queue as everything inside the store knows it. */
export interface StoredQueue {
  readonly id: number;
  readonly name: string;
  readonly order: QueueOrder;
}

interface QueueSettings {
  readonly order: QueueOrder;
}

/** Reads a queue's definition; throws when no queue has this name, or it keeps another order. */
export function requireQueue(database: Database, name: string, order?: QueueOrder): StoredQueue {
  const definition = readDefinition<QueueSettings>(database, "queue", name);
  if (definition === undefined) {
    throw invalidOptions(`The store has no queue named "${name}". Create it with openQueue({ store, queue: "${name}" }) first.`);
  }
  const { id, settings } = definition;
  requireOrder(name, settings.order, order);
  return { id, name, order: settings.order };
}

/** Creates a queue or takes the one that is there, which keeps its order. */
export function defineQueue(database: Database, name: string, order: QueueOrder | undefined): StoredQueue {
  const before = readDefinition<QueueSettings>(database, "queue", name);
  if (before !== undefined) return requireQueue(database, name, order);
  const { id, settings } = writeDefinition<QueueSettings>(database, "queue", name, { order: order ?? "none" }, undefined);
  return { id, name, order: settings.order };
}

function requireOrder(name: string, stored: QueueOrder, wanted: QueueOrder | undefined): void {
  if (wanted === undefined || wanted === stored) return;
  throw invalidOptions(
    `The queue "${name}" was created with order "${stored}", not "${wanted}", and keeps it. Say order: "${stored}", or use another queue.`,
  );
}
