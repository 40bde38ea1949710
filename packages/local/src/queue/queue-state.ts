import type { Database } from "../storage/environment.ts";
import { keyOf } from "../storage/keys.ts";

/** What a queue counts. */
export interface QueueState {
  /** The sequence of the next message sent. */
  readonly nextSequence: number;
  /** How many messages it holds, lent ones included. */
  readonly held: number;
}

/** Reads a queue's counts. */
export function readQueueState(database: Database, queueId: number): QueueState {
  const stored = database.get(keyOf("queue", { u32: queueId }));
  return stored === undefined ? { nextSequence: 0, held: 0 } : { nextSequence: stored.readUIntLE(0, 6), held: stored.readUIntLE(6, 6) };
}

/** Stores a queue's counts. */
export function writeQueueState(database: Database, queueId: number, { nextSequence, held }: QueueState): void {
  const stored = Buffer.allocUnsafe(12);
  stored.writeUIntLE(nextSequence, 0, 6);
  stored.writeUIntLE(held, 6, 6);
  database.put(keyOf("queue", { u32: queueId }), stored);
}
