import type { LogBatch, Payload } from "@spillway/spec";

/** A shard being read by a test, which keeps what came. */
export interface ShardReading {
  readonly iterator: AsyncIterator<LogBatch<Payload>>;
  readonly batches: readonly LogBatch<Payload>[];
  readonly texts: readonly string[];
  /** Pulls until there are so many messages, or to the end. */
  until(count: number): Promise<readonly string[]>;
}

/** Starts to keep what is read. */
export function shardReading(pages: AsyncIterable<LogBatch<Payload>>): ShardReading {
  const iterator = pages[Symbol.asyncIterator]();
  const batches: LogBatch<Payload>[] = [];
  const texts: string[] = [];
  return {
    iterator,
    batches,
    texts,
    async until(count) {
      while (texts.length < count) {
        const pulled = await iterator.next();
        if (pulled.done === true) break;
        batches.push(pulled.value);
        texts.push(...pulled.value.messages.map((message) => Buffer.from(message.value ?? []).toString()));
      }
      return texts;
    },
  };
}
