import {
  SpillwayError,
  systemClock,
  type Clock,
  type OutgoingMessage,
  type Payload,
  type QueueMessage,
  type Receipt,
} from "@spillway/spec";
import { bell, type Bell } from "../bell.ts";
import { keyText, messageOf, storedMessage, type StoredMessage } from "../stored-message.ts";

/** How a queue in memory is made. */
export interface MemoryQueueOptions<Groups extends boolean> {
  readonly name: string;
  /** Whether messages of one key are a group that is kept in order (FIFO); left out: false. */
  readonly groups?: Groups;
  /** How long a received message stays hidden from others, in milliseconds; left out: 30,000. */
  readonly visibilityTimeoutMs?: number;
  /** The largest payload, in bytes; left out: no limit. */
  readonly maxMessageBytes?: number;
  /** Left out: the system's clock. */
  readonly clock?: Clock;
}

/** A queue in memory: it holds a message until it is removed under a valid receipt, or until the process ends. */
export interface MemoryQueue<Groups extends boolean = boolean> {
  readonly name: string;
  readonly groups: Groups;
  readonly visibilityTimeoutMs: number;
  readonly clock: Clock;
  /** Rings when a message may have become visible. */
  readonly bell: Bell;
  /** Sends all messages or, throwing SPILLWAY_OVERSIZE, none. */
  send(messages: readonly OutgoingMessage<Payload>[]): void;
  /**
   * Lends at most this many visible messages, the oldest first, and hides them for the visibility timeout. With groups, nothing is lent of a
   * group while an earlier message of it is hidden.
   */
  lend(maxMessages: number): readonly QueueMessage<Payload>[];
  /** Removes the message lent under this receipt. Throws SPILLWAY_RECEIPT_LOST when it is not lent under it any more. */
  remove(receipt: Receipt): void;
  /** Hides the message lent under this receipt for delayMs from now; with "taken back" its receipt is worthless from then on. Throws likewise. */
  hide(receipt: Receipt, delayMs: number, then: "still lent" | "taken back"): void;
  /** In how many milliseconds the next hidden message becomes visible by itself; undefined when none is hidden. */
  nextVisibleInMs(): number | undefined;
  /** How many messages the queue holds, and how many of these are hidden: lent, or waiting for their delay. */
  counts(): { readonly held: number; readonly hidden: number };
}

interface Entry {
  readonly id: string;
  readonly group: string | undefined;
  readonly stored: StoredMessage;
  visibleAtMs: number;
  receiveCount: number;
  receipt: Receipt | undefined;
}

/** Makes an empty queue. */
export function memoryQueue<const Groups extends boolean = false>(options: MemoryQueueOptions<Groups>): MemoryQueue<Groups> {
  const { name, visibilityTimeoutMs = 30_000, maxMessageBytes = Infinity, clock = systemClock } = options;
  const groups = (options.groups ?? false) as Groups;
  if (!(visibilityTimeoutMs > 0)) {
    throw new SpillwayError(`The queue ${name} was given a visibilityTimeoutMs of ${visibilityTimeoutMs}: give more than 0.`, {
      code: "SPILLWAY_INVALID_OPTIONS",
      failureClass: "fatal",
    });
  }
  const entries = new Set<Entry>(); // in the order sent, which is also the order in which messages are lent
  const lent = new Map<Receipt, Entry>();
  const changed = bell(clock);
  let sent = 0;

  function lentUnder(receipt: Receipt): Entry {
    const entry = lent.get(receipt);
    if (entry === undefined || entry.visibleAtMs <= clock.nowMs()) throw receiptLost(name, receipt);
    return entry;
  }

  function lendOne(entry: Entry, nowMs: number): QueueMessage<Payload> {
    if (entry.receipt !== undefined) lent.delete(entry.receipt);
    entry.receiveCount += 1;
    entry.visibleAtMs = nowMs + visibilityTimeoutMs;
    const receipt = `${entry.id}/${entry.receiveCount}` as Receipt;
    entry.receipt = receipt;
    lent.set(receipt, entry);
    return messageOf(entry.id, entry.stored, { receipt, receiveCount: entry.receiveCount });
  }

  return {
    name,
    groups,
    visibilityTimeoutMs,
    clock,
    bell: changed,
    send(messages) {
      const timestampMs = clock.nowMs();
      for (const stored of messages.map((message) => storedMessage(message, timestampMs, maxMessageBytes))) {
        const id = `${name}-${(sent += 1)}`;
        entries.add({ id, group: keyText(stored.key), stored, visibleAtMs: 0, receiveCount: 0, receipt: undefined });
      }
      changed.ring();
    },
    lend(maxMessages) {
      const nowMs = clock.nowMs();
      const messages: QueueMessage<Payload>[] = [];
      const heldGroups = new Set<string>();
      for (const entry of entries) {
        if (messages.length >= maxMessages) break;
        const heldBack = groups && entry.group !== undefined && heldGroups.has(entry.group);
        if (entry.visibleAtMs > nowMs) {
          if (entry.group !== undefined) heldGroups.add(entry.group);
        } else if (!heldBack) {
          messages.push(lendOne(entry, nowMs));
        }
      }
      return messages;
    },
    remove(receipt) {
      const entry = lentUnder(receipt);
      lent.delete(receipt);
      entries.delete(entry);
      changed.ring();
    },
    hide(receipt, delayMs, then) {
      const entry = lentUnder(receipt);
      entry.visibleAtMs = clock.nowMs() + delayMs;
      if (then === "taken back") {
        lent.delete(receipt);
        entry.receipt = undefined;
        changed.ring();
      }
    },
    nextVisibleInMs() {
      const nowMs = clock.nowMs();
      let next: number | undefined;
      for (const { visibleAtMs } of entries) {
        if (visibleAtMs > nowMs && (next === undefined || visibleAtMs < next)) next = visibleAtMs;
      }
      return next === undefined ? undefined : next - nowMs;
    },
    counts() {
      const nowMs = clock.nowMs();
      let hidden = 0;
      for (const { visibleAtMs } of entries) if (visibleAtMs > nowMs) hidden += 1;
      return { held: entries.size, hidden };
    },
  };
}

function receiptLost(queue: string, receipt: Receipt): SpillwayError {
  return new SpillwayError(
    `The receipt ${receipt} of the queue ${queue} is worthless: its message was removed, given back, or its visibility timeout has passed. ` +
      "Leave the message to its next delivery; a longer visibility timeout makes this rarer.",
    { code: "SPILLWAY_RECEIPT_LOST" },
  );
}
