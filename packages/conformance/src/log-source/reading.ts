import type { LogBatch, LogMessage, LogSource, PartitionId, Payload, StartPosition } from "@spillway/spec";
import type { CaseContext } from "../kit/case-context.ts";
import { fail } from "../kit/check.ts";

/** One read of one partition, pulled message by message; every wait ends at the case's deadline. */
export interface Reading {
  /** Resolves to the next messages, exactly this many; what else their batch held is kept for the next call. */
  take(count: number): Promise<readonly LogMessage<Payload>[]>;
  /** Resolves to all messages up to and including the first that is wanted. */
  takeThrough(wanted: (message: LogMessage<Payload>) => boolean): Promise<readonly LogMessage<Payload>[]>;
  /** Resolves to all that follow when the partition ends. */
  rest(): Promise<readonly LogMessage<Payload>[]>;
  /** All batches given so far, empty ones too. */
  readonly batches: readonly LogBatch<Payload>[];
  /** Returns the iterator. */
  close(): Promise<void>;
}

/** Begins to read; nothing is asked of the source before the first message is. */
export function reading(source: LogSource<Payload>, partition: PartitionId, from: StartPosition, context: CaseContext): Reading {
  const iterator = source.read(partition, { from, signal: context.signal })[Symbol.asyncIterator]();
  const batches: LogBatch<Payload>[] = [];
  const kept: LogMessage<Payload>[] = [];

  async function pull(what: string): Promise<boolean> {
    const batch = await context.within(what, nextBatch(iterator));
    if (batch === undefined) return false;
    batches.push(batch);
    kept.push(...batch.messages);
    return true;
  }

  async function takeThrough(wanted: (message: LogMessage<Payload>) => boolean): Promise<readonly LogMessage<Payload>[]> {
    let looked = 0;
    for (;;) {
      for (; looked < kept.length; looked += 1) {
        const message = kept[looked];
        if (message !== undefined && wanted(message)) return kept.splice(0, looked + 1);
      }
      const what = `a further message of partition ${partition}, after ${kept.length}`;
      if (!(await pull(what))) fail("the partition has not ended", what, "the end of the partition");
    }
  }

  return {
    batches,
    takeThrough,
    take(count) {
      let seen = 0;
      return count === 0 ? Promise.resolve([]) : takeThrough(() => (seen += 1) === count);
    },
    async rest() {
      while (await pull(`the end of partition ${partition}, after ${kept.length} messages`));
      return kept.splice(0);
    },
    async close() {
      await context.within("returning the iterator", Promise.resolve(iterator.return?.()));
    },
  };
}

/** Pulls the next batch, undefined at the end. */
export async function nextBatch(iterator: AsyncIterator<LogBatch<Payload>, unknown>): Promise<LogBatch<Payload> | undefined> {
  const result = await iterator.next();
  return result.done === true ? undefined : result.value;
}
