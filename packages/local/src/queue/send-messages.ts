import { SpillwayError, succeeded, type ItemResult, type OutgoingMessage, type Payload } from "@spillway/spec";
import { invalidOptions } from "../failures.ts";
import type { StoreAccess } from "../open-local.ts";
import { refusalOf } from "../record/check-outgoing.ts";
import { keyText } from "../record/key-text.ts";
import { requireQueue, type StoredQueue } from "./queue-definition.ts";
import { sendAll, type Sending } from "./send.ts";

/** The most messages of one send: they are written in one transaction. */
export const maxSendMessages = 1_000;

// A group is a part of keys in the store.
const maxGroupBytes = 1_000;

/** Sends messages to a queue. Resolves with one result for each when all that are ok are durable; the others can never be stored. */
export async function sendMessages(
  access: StoreAccess,
  name: string,
  messages: readonly OutgoingMessage<Payload>[],
  signal: AbortSignal | undefined,
): Promise<readonly ItemResult[]> {
  if (messages.length > maxSendMessages) {
    throw invalidOptions(`A send takes at most ${maxSendMessages} messages, not ${messages.length}; send in several calls.`);
  }
  const queue = await access.read((database) => requireQueue(database, name), signal);
  const refused = new Set<string>();
  const sendings: Sending[] = [];
  const results = messages.map((message): ItemResult => {
    const key = message.key === undefined ? undefined : keyText(message.key);
    const group = queue.order === "group" ? key : undefined;
    const late = key !== undefined && refused.has(key) ? notAttempted() : undefined;
    const error = refusalOf(message) ?? late ?? groupRefusal(queue, group);
    if (error === undefined) {
      sendings.push({ message, group });
      return succeeded;
    }
    if (key !== undefined) refused.add(key);
    return { ok: false, error };
  });
  if (sendings.length > 0) {
    await access.write((database) => sendAll(database, queue, sendings, access.clock.nowMs()), signal);
    access.changes.notify(queueTopic(queue));
  }
  return results;
}

/** What receivers of a queue watch, and what is notified when a message may have become visible. */
export function queueTopic(queue: { readonly id: number }): string {
  return `queue ${queue.id}`;
}

function notAttempted(): SpillwayError {
  return new SpillwayError("An earlier message with the same key was refused in this send. Settle that one, then send this one again.", {
    code: "SPILLWAY_NOT_ATTEMPTED",
  });
}

function groupRefusal(queue: StoredQueue, group: string | undefined): SpillwayError | undefined {
  if (group === undefined) return undefined;
  const bytes = Buffer.byteLength(group);
  if (bytes <= maxGroupBytes) return undefined;
  return new SpillwayError(
    `A group of the queue "${queue.name}" takes ${bytes} bytes; the store's keys have room for ${maxGroupBytes}. Use a shorter key.`,
    { code: "SPILLWAY_OVERSIZE", failureClass: "permanent" },
  );
}
