import type { OutgoingMessage, Payload } from "@spillway/spec";
import type { Database } from "../storage/environment.ts";
import { queuedKey, writeDelivery } from "./delivery.ts";
import { changeLane, groupKey, present } from "./lane.ts";
import type { StoredQueue } from "./queue-definition.ts";
import { readQueueState, writeQueueState } from "./queue-state.ts";
import { encodeQueued } from "./queued-message.ts";

/** A message and the group it is sent to. */
export interface Sending {
  readonly message: OutgoingMessage<Payload>;
  readonly group: string | undefined;
}

/** Adds messages to a queue in their order, within a write. They are visible at once. */
export function sendAll(database: Database, queue: StoredQueue, sendings: readonly Sending[], nowMs: number): void {
  const { nextSequence, held } = readQueueState(database, queue.id);
  const visibleAtMs = Math.floor(nowMs);
  for (const [index, { message, group }] of sendings.entries()) {
    const sequence = nextSequence + index;
    changeLane(database, queue.id, sequence, group, () => {
      database.put(queuedKey(queue.id, sequence), encodeQueued(message, visibleAtMs));
      writeDelivery(database, queue.id, sequence, { receiveCount: 0, visibleAtMs, lent: false, group });
      if (group !== undefined) database.put(groupKey(queue.id, group, sequence), present);
    });
  }
  writeQueueState(database, queue.id, { nextSequence: nextSequence + sendings.length, held: held + sendings.length });
}
