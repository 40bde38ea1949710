import type { LogBatch, Partition, Payload } from "@spillway/spec";
import type { KinesisMessage } from "./kinesis-message.ts";

/** The most messages in one batch: a page of aggregated records can unpack to far more than the engine wants at once. */
const maxBatchMessages = 5_000;

/** What is said of a page. */
export interface PageFacts {
  readonly behindMs: number | undefined;
  readonly retentionMs: number | undefined;
  readonly lost: LogBatch<Payload>["lost"];
  /** Of the page that ends the shard, where it names any. */
  readonly children: readonly Partition[] | undefined;
}

/** One page's messages as batches; an empty page is one empty batch, which still carries lag. */
export function* inBatches(
  messages: readonly KinesisMessage[],
  { behindMs, retentionMs, lost, children }: PageFacts,
): Generator<LogBatch<Payload>, void> {
  let begin = 0;
  do {
    const part = messages.length <= maxBatchMessages ? messages : messages.slice(begin, begin + maxBatchMessages);
    yield {
      messages: part,
      ...(behindMs !== undefined && { behindMs }),
      ...(retentionMs !== undefined && { retentionMs }),
      ...(lost !== undefined && begin === 0 && { lost }),
      ...(children !== undefined && begin + maxBatchMessages >= messages.length && { children }),
    };
    begin += maxBatchMessages;
  } while (begin < messages.length);
}
