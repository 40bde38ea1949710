import type { ItemResult, Payload, QueueSource, Receipt } from "@spillway/spec";
import { endedBy } from "./ended-by.ts";
import { requireNamed, type LocalStore, type StoreAccess } from "./open-local.ts";
import { requireInteger, requireOneOf } from "./options.ts";
import { lend, nextVisibleInMs } from "./queue/lend.ts";
import { LocalQueueMessage } from "./queue/local-queue-message.ts";
import { requireQueue, type QueueOrder, type StoredQueue } from "./queue/queue-definition.ts";
import { queueTopic } from "./queue/send-messages.ts";
import { settleAll, type Settlement } from "./queue/settle.ts";

/** Names the queue that a source receives from. */
export interface LocalQueueSourceOptions<Order extends QueueOrder> {
  readonly store: LocalStore;
  /** A queue that openQueue has created. */
  readonly queue: string;
  /** The order that the queue was created with; "none" where nothing is said. */
  readonly order?: Order;
  /** How long a message stays ours after it was received or extended, in milliseconds; 30,000 where nothing is said. */
  readonly visibilityTimeoutMs?: number;
  /** How long a receive waits for a message before it resolves to none, in milliseconds; 5,000 where nothing is said. */
  readonly waitMs?: number;
}

/** A source of a queue in the store; its keys are the queue's groups. */
export type LocalQueueSource<Order extends QueueOrder> = QueueSource<
  Payload,
  { readonly kind: "queue"; readonly keys: Order extends "group" ? true : false }
>;

const longestMs = 604_800_000;
// Sends of this process wake a receiver at once; what other processes send is looked for in waits that grow from the first to the second.
const firstLookMs = 10;
const laterLookMs = 100;
const mostAtOnce = 1_000;

/** A source that receives from a queue of the store. */
export function localQueueSource<const Order extends QueueOrder = "none">(
  options: LocalQueueSourceOptions<Order>,
): LocalQueueSource<Order> {
  const access = requireNamed("localQueueSource", options, "queue", ["order", "visibilityTimeoutMs", "waitMs"]);
  const { queue: name, visibilityTimeoutMs = 30_000, waitMs = 5_000 } = options;
  const order: QueueOrder = options.order ?? "none";
  requireOneOf("order", order, ["group", "none"]);
  requireInteger("visibilityTimeoutMs", visibilityTimeoutMs, 1, longestMs);
  requireInteger("waitMs", waitMs, 0, longestMs);

  const queueNow = (signal: AbortSignal): Promise<StoredQueue> => access.read((database) => requireQueue(database, name, order), signal);

  async function settle(receipts: readonly Receipt[], signal: AbortSignal, settlement: () => Settlement): Promise<readonly ItemResult[]> {
    const queue = await queueNow(signal);
    const results = await access.write((database) => settleAll(database, queue, receipts, settlement()), signal);
    access.changes.notify(queueTopic(queue));
    return results;
  }

  return {
    kind: "queue",
    name,
    traits: { kind: "queue", keys: (order === "group") as Order extends "group" ? true : false },
    visibilityTimeoutMs,
    maxNackDelayMs: longestMs,
    receivers: 1,
    async receive({ maxMessages, signal }) {
      requireInteger("maxMessages", maxMessages, 1, Number.MAX_SAFE_INTEGER);
      const untilMs = access.clock.nowMs() + waitMs;
      const queue = await queueNow(signal);
      if (!(await becomesVisible(access, queue, untilMs, signal))) return [];
      const room = Math.min(maxMessages, mostAtOnce);
      return access.write(
        (database) => lend(database, queue, { maxMessages: room, visibilityTimeoutMs, nowMs: access.clock.nowMs() }),
        signal,
      );
    },
    ack: (receipts, { signal }) => settle(receipts, signal, () => ({ how: "delete" })),
    async nack(receipts, { delayMs, signal }) {
      requireInteger("delayMs", delayMs, 0, longestMs);
      return settle(receipts, signal, () => ({ how: "give back", visibleAtMs: access.clock.nowMs() + delayMs }));
    },
    extend: (receipts, { signal }) =>
      settle(receipts, signal, () => ({ how: "keep", visibleAtMs: access.clock.nowMs() + visibilityTimeoutMs })),
    // The store keeps a message until it is acknowledged: it neither moves nor drops one by itself.
    async advise(_use, { signal }) {
      signal.throwIfAborted();
      return [];
    },
    original(message) {
      return message instanceof LocalQueueMessage ? message.original : { key: message.key, payload: message.value };
    },
  };
}

/** Resolves to true as soon as a message is visible, to false when none is at that time. */
async function becomesVisible(access: StoreAccess, queue: StoredQueue, untilMs: number, signal: AbortSignal): Promise<boolean> {
  const ending = endedBy(signal, access.closing);
  const watch = access.changes.watch(queueTopic(queue));
  try {
    for (let lookMs = firstLookMs; ; lookMs = Math.min(lookMs * 2, laterLookMs)) {
      watch.reset();
      const dueInMs = await access.read((database) => nextVisibleInMs(database, queue, access.clock.nowMs()), ending.signal);
      const remainingMs = untilMs - access.clock.nowMs();
      if (dueInMs === 0 || remainingMs <= 0) return dueInMs === 0;
      await watch.wait(Math.min(lookMs, remainingMs, dueInMs ?? lookMs), access.clock, ending.signal);
      ending.signal.throwIfAborted();
    }
  } finally {
    watch.end();
    ending.release();
  }
}
