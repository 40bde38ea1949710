import type { CallOptions, LogBatch, PartitionId, Payload, StartPosition } from "@spillway/spec";
import { endedBy, type Ending } from "../ended-by.ts";
import type { StoreAccess } from "../open-local.ts";
import { requireLog } from "./log-definition.ts";
import { partitionNumber } from "./positions.ts";
import { readBatch, type ReadResult } from "./read-batch.ts";
import { topicOf } from "./topic.ts";

// Appends of this process wake a reader at once; what other processes append is looked for in waits that grow from the first to the second.
const firstLookMs = 10;
const laterLookMs = 100;
const emptyPageEveryMs = 2_000;

/** Where a partition is read from. */
export type ReadOptions = CallOptions & { readonly from: StartPosition };

/** Reads one partition of a log, batch by batch, and waits at its end for more. It ends by its signal or its return only. */
export function readPartition(access: StoreAccess, name: string, id: PartitionId, options: ReadOptions): AsyncIterable<LogBatch<Payload>> {
  return {
    [Symbol.asyncIterator]() {
      let begun: { readonly ending: Ending; readonly batches: AsyncGenerator<LogBatch<Payload>, void, undefined> } | undefined;
      let returned = false;
      const begin = (): AsyncGenerator<LogBatch<Payload>, void, undefined> => {
        const ending = endedBy(options.signal, access.closing);
        const batches = readOn(access, name, id, options.from, ending);
        begun = { ending, batches };
        return batches;
      };
      return {
        async next() {
          if (returned) return { done: true, value: undefined };
          try {
            return await (begun?.batches ?? begin()).next();
          } catch (error) {
            // A pull that was waiting when the iterator was returned has nothing to complain of.
            if (returned) return { done: true, value: undefined };
            throw error;
          }
        },
        async return() {
          returned = true;
          begun?.ending.end();
          await begun?.batches.return();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

async function* readOn(
  access: StoreAccess,
  name: string,
  id: PartitionId,
  from: StartPosition,
  { signal, release }: Ending,
): AsyncGenerator<LogBatch<Payload>, void, undefined> {
  try {
    const log = await access.read((database) => requireLog(database, name), signal);
    const partition = partitionNumber(log, id);
    const watch = access.changes.watch(topicOf(log, partition));
    try {
      let next: StartPosition | number = from;
      let lookMs = firstLookMs;
      // The first batch may be empty: that the partition is at its end is news.
      let silentMs = emptyPageEveryMs;
      for (;;) {
        watch.reset();
        const at: StartPosition | number = next;
        const { batch, nextSequence }: ReadResult = await access.read((database) => readBatch(database, log, partition, at), signal);
        next = nextSequence;
        const found = batch.messages.length > 0 || batch.lost !== undefined;
        if (found || silentMs >= emptyPageEveryMs) {
          yield batch;
          silentMs = 0;
          lookMs = firstLookMs;
        }
        if (found) continue;
        await watch.wait(lookMs, access.clock, signal);
        silentMs += lookMs;
        lookMs = Math.min(lookMs * 2, laterLookMs);
      }
    } finally {
      watch.end();
    }
  } finally {
    release();
  }
}
