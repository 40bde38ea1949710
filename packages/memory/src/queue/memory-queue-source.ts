import { SpillwayError, succeeded, type CallOptions, type ItemResult, type Payload, type QueueSource, type Receipt } from "@spillway/spec";
import { originalOf } from "../stored-message.ts";
import type { MemoryQueue } from "./memory-queue.ts";

/** How a source of a queue in memory is made. */
export interface MemoryQueueSourceOptions<Groups extends boolean> {
  readonly queue: MemoryQueue<Groups>;
  /** How long a receive waits for a message before it resolves to none, in milliseconds; left out: 1,000. */
  readonly waitMs?: number;
}

/** A source of a queue in memory; its keys are the queue's groups. */
export type MemoryQueueSource<Groups extends boolean> = QueueSource<Payload, { readonly kind: "queue"; readonly keys: Groups }>;

/** Receives from a queue in memory. */
export function memoryQueueSource<Groups extends boolean>(options: MemoryQueueSourceOptions<Groups>): MemoryQueueSource<Groups> {
  const { queue, waitMs = 1_000 } = options;
  const { clock, visibilityTimeoutMs } = queue;

  return {
    kind: "queue",
    name: queue.name,
    traits: { kind: "queue", keys: queue.groups },
    visibilityTimeoutMs,
    maxNackDelayMs: Number.MAX_SAFE_INTEGER,
    receivers: 1,
    async receive({ maxMessages, signal }) {
      const untilMs = clock.nowMs() + waitMs;
      for (;;) {
        signal.throwIfAborted();
        const messages = queue.lend(maxMessages);
        const remainingMs = untilMs - clock.nowMs();
        if (messages.length > 0 || remainingMs <= 0) return messages;
        await queue.bell.wait(Math.min(remainingMs, queue.nextVisibleInMs() ?? remainingMs), signal);
      }
    },
    ack: (receipts, { signal }) => each(receipts, signal, (receipt) => queue.remove(receipt)),
    nack: (receipts, { delayMs, signal }) => each(receipts, signal, (receipt) => queue.hide(receipt, delayMs, "taken back")),
    extend: (receipts, { signal }) => each(receipts, signal, (receipt) => queue.hide(receipt, visibilityTimeoutMs, "still lent")),
    // It keeps what it was given until that is acknowledged, whatever happens.
    advise: nothingToSay,
    original: originalOf,
  };
}

async function nothingToSay(_use: unknown, { signal }: CallOptions): Promise<readonly string[]> {
  signal.throwIfAborted();
  return [];
}

/** Settles each receipt by itself: a lost one costs the others nothing. */
async function each(receipts: readonly Receipt[], signal: AbortSignal, settle: (receipt: Receipt) => void): Promise<readonly ItemResult[]> {
  signal.throwIfAborted();
  return receipts.map((receipt) => {
    try {
      settle(receipt);
      return succeeded;
    } catch (error) {
      if (!(error instanceof SpillwayError)) throw error;
      return { ok: false, error };
    }
  });
}
