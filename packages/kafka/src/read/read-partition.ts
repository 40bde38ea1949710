import type { CallOptions, LogBatch, PartitionId, Payload, StartPosition } from "@spillway/spec";
import type { Feed } from "./feed.ts";

/** What reading a partition stands on. */
export interface ReadContext {
  /** Finds out where to begin, and opens a feed there. */
  open(partition: PartitionId, from: StartPosition, options: CallOptions): Promise<Feed>;
  /** Resolves when more may be handed over, or when the signal aborts. */
  room(options: CallOptions): Promise<void>;
  /** Keeps the connections open; calling what it returns ends that. */
  hold(): () => void;
}

/** Reads one partition from a start position until the signal aborts or the iterator is returned. */
export function readPartition(
  context: ReadContext,
  partition: PartitionId,
  from: StartPosition,
  { signal }: CallOptions,
): AsyncIterable<LogBatch<Payload>> {
  return {
    // Not a generator: a generator cannot be returned while it waits for the next message.
    [Symbol.asyncIterator]() {
      const release = context.hold();
      const ended = new AbortController();
      const either = AbortSignal.any([signal, ended.signal]);
      let opening: Promise<Feed> | undefined;
      let feed: Feed | undefined;

      const end = (): void => {
        signal.removeEventListener("abort", end);
        ended.abort();
        feed?.close();
        release();
      };
      const open = async (): Promise<Feed> => {
        const opened = await context.open(partition, from, { signal: either });
        feed = opened;
        if (either.aborted) opened.close();
        return opened;
      };
      if (signal.aborted) end();
      else signal.addEventListener("abort", end, { once: true });

      return {
        async next() {
          if (either.aborted) return { done: true, value: undefined };
          try {
            opening ??= open();
            const batch = await (await opening).next();
            // Asked when there is something to hand over: while it was waited for, others may have taken the room.
            if (batch !== undefined) await context.room({ signal: either });
            return batch === undefined || either.aborted ? { done: true, value: undefined } : { done: false, value: batch };
          } catch (error) {
            const wasEnded = either.aborted;
            end();
            if (wasEnded) return { done: true, value: undefined };
            throw error;
          }
        },
        async return() {
          end();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
