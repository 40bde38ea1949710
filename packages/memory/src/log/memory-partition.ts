import type { Clock, PartitionId } from "@spillway/spec";
import { bell, type Bell } from "../bell.ts";
import type { StoredMessage } from "../stored-message.ts";

/** A partition's share of the 32-bit hashes of keys: from `low` up to, not including, `high`. */
export interface HashRange {
  readonly low: number;
  readonly high: number;
}

/** One partition: a list of messages that grows at its end and is trimmed at its beginning. A message's offset never changes. */
export interface MemoryPartition {
  readonly id: PartitionId;
  readonly parents: readonly PartitionId[];
  readonly range: HashRange;
  /** Rings when a message was appended and when the partition was closed. */
  readonly bell: Bell;
  /** The offset of the oldest message that is still held. */
  first(): number;
  /** The offset that the next message gets. */
  end(): number;
  /** Nothing is appended any more. */
  closed(): boolean;
  /** The message at an offset from first() up to end(). */
  at(offset: number): StoredMessage | undefined;
  /** Adds a message. Returns its offset. */
  append(message: StoredMessage): number;
  close(): void;
  /** Drops every message before this offset. */
  trimBefore(offset: number): void;
}

/** Makes an empty, open partition that keeps at most `retainMessages` messages. */
export function memoryPartition(
  options: { readonly id: PartitionId; readonly parents: readonly PartitionId[]; readonly range: HashRange },
  retainMessages: number,
  clock: Clock,
): MemoryPartition {
  const changed = bell(clock);
  let messages: StoredMessage[] = [];
  let base = 0; // the offset of messages[0]
  let first = 0;
  let closed = false;

  function trimBefore(offset: number): void {
    first = Math.max(first, Math.min(offset, base + messages.length));
    // Cutting the list costs its length, so it is cut only when at least half of it is dead.
    if (first - base > messages.length / 2) {
      messages = messages.slice(first - base);
      base = first;
    }
  }

  return {
    ...options,
    bell: changed,
    first: () => first,
    end: () => base + messages.length,
    closed: () => closed,
    at: (offset) => messages[offset - base],
    append(message) {
      const offset = base + messages.push(message) - 1;
      trimBefore(offset + 1 - retainMessages);
      changed.ring();
      return offset;
    },
    close() {
      closed = true;
      changed.ring();
    },
    trimBefore,
  };
}
