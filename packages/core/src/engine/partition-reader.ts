import type { LogBatch, LogSource, PartitionId, StartPosition } from "@spillway/spec";
import { AbortableWaits } from "./abortable-waits.ts";
import type { Credits } from "./credits.ts";

/** What a reader works with. */
export interface PartitionReaderOptions {
  readonly source: LogSource<unknown>;
  readonly partition: PartitionId;
  readonly credits: Credits;
  /** The most credits that this partition may keep while it waits for messages. */
  readonly share: () => number;
  /** Waits until there is room for so many messages; false when reading is to stop. */
  readonly room: (messages: number) => Promise<boolean>;
  /** Takes a batch, for which so many credits were reserved. */
  readonly take: (batch: LogBatch<unknown>, reserved: number) => void;
  /** Waits after a failure; false when there is no point in going on. */
  readonly survive: (error: unknown, failures: number) => Promise<boolean>;
  /** Ends reading. */
  readonly stop: AbortSignal;
  /** Ends waiting for a source that does not hear that reading has ended. */
  readonly abandoned: AbortSignal;
}

/** Reads a partition, page by page as there is room; after a failure it reads on behind the last message. Resolves to whether the partition has ended. */
export async function readPartition(options: PartitionReaderOptions, start: StartPosition): Promise<boolean> {
  const { source, partition, credits, room, take, survive, stop, abandoned } = options;
  let from = start;
  for (let failures = 0; !stop.aborted; ) {
    let reserved = 0;
    let expected = 1;
    const iterator = source.read(partition, { from, signal: stop })[Symbol.asyncIterator]();
    const waits = new AbortableWaits(abandoned);
    try {
      while (await room(expected)) {
        reserved = credits.page(expected);
        const next = await waits.for(iterator.next());
        if (next === undefined || stop.aborted) break;
        if (next.done === true) return true;
        failures = 0;
        expected = expectedAfter(next.value, options.share());
        take(next.value, reserved);
        reserved = 0;
        const last = next.value.messages.at(-1);
        if (last !== undefined) from = { at: "after", position: last.position };
      }
    } catch (error) {
      if (!(await survive(error, ++failures))) return false;
    } finally {
      if (reserved > 0) credits.exchange(reserved, 0, 0);
      await waits.for(endQuietly(iterator));
      waits.end();
    }
  }
  return false;
}

/**
 * The room to keep for the next page while it is waited for. A partition that has caught up may wait for long, and none may keep more than its share,
 * or waiting partitions would starve the others.
 */
function expectedAfter({ messages, behindMs }: LogBatch<unknown>, share: number): number {
  return behindMs === 0 ? 1 : Math.max(1, Math.min(messages.length, share));
}

/** A reader that fails while it is being closed has nothing left to say. */
async function endQuietly(iterator: AsyncIterator<unknown>): Promise<void> {
  try {
    await iterator.return?.();
  } catch {
    return;
  }
}
