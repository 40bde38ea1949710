import { badFormat } from "../failures.ts";
import type { Database } from "../storage/environment.ts";
import { queuedKey, readDelivery, writeDelivery } from "./delivery.ts";
import { changeLane, groupMembers, parseReady, readyBounds, type LaneMember } from "./lane.ts";
import { LocalQueueMessage } from "./local-queue-message.ts";
import type { StoredQueue } from "./queue-definition.ts";
import { decodeQueued } from "./queued-message.ts";

/** How many milliseconds from now the next message becomes visible, 0 when one is; undefined when the queue holds none. */
export function nextVisibleInMs(database: Database, queue: StoredQueue, nowMs: number): number | undefined {
  for (const { key } of database.range({ ...readyBounds(queue.id), limit: 1 })) return Math.max(0, parseReady(key).visibleAtMs - nowMs);
  return undefined;
}

/** Lends at most this many visible messages, within a write; what is lent of a group is its first messages, in order. */
export function lend(
  database: Database,
  queue: StoredQueue,
  options: { readonly maxMessages: number; readonly visibilityTimeoutMs: number; readonly nowMs: number },
): readonly LocalQueueMessage[] {
  const { maxMessages, visibilityTimeoutMs, nowMs } = options;
  // Read as a whole: lending changes what is being walked.
  const lanes = Array.from(database.range({ ...readyBounds(queue.id, nowMs), limit: maxMessages }), ({ key }) => parseReady(key));
  const messages: LocalQueueMessage[] = [];
  for (const { sequence } of lanes) {
    const room = maxMessages - messages.length;
    if (room <= 0) break;
    const first = readDelivery(database, queue.id, sequence);
    if (first === undefined) throw missing(queue, sequence);
    changeLane(database, queue.id, sequence, first.group, () => {
      for (const member of visibleMembers(database, queue, { sequence, delivery: first }, room, nowMs)) {
        const delivery = { ...member.delivery, receiveCount: member.delivery.receiveCount + 1, lent: true };
        writeDelivery(database, queue.id, member.sequence, { ...delivery, visibleAtMs: Math.ceil(nowMs + visibilityTimeoutMs) });
        messages.push(readMessage(database, queue, member.sequence, delivery.receiveCount));
      }
    });
  }
  return messages;
}

function* visibleMembers(database: Database, queue: StoredQueue, first: LaneMember, limit: number, nowMs: number): Iterable<LaneMember> {
  const { group } = first.delivery;
  for (const member of group === undefined ? [first] : groupMembers(database, queue.id, group, limit)) {
    // One that is lent or delayed holds back those that follow it.
    if (member.delivery.visibleAtMs > nowMs) return;
    yield member;
  }
}

function readMessage(database: Database, queue: StoredQueue, sequence: number, receiveCount: number): LocalQueueMessage {
  const stored = database.get(queuedKey(queue.id, sequence));
  if (stored === undefined) throw missing(queue, sequence);
  const { record, timestampMs } = decodeQueued(stored, `Message ${sequence} of the queue "${queue.name}"`);
  return new LocalQueueMessage(sequence, receiveCount, timestampMs, record);
}

function missing(queue: StoredQueue, sequence: number): Error {
  return badFormat(`Message ${sequence} of the queue "${queue.name}" should be there and is not: the store is damaged. Restore a backup.`);
}
