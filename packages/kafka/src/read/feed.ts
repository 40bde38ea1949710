import type { LogBatch, LostMessages, PartitionId, Payload } from "@spillway/spec";
import type { ReadablePartition } from "../client/kafka-port.ts";
import type { KafkaMessage } from "./kafka-message.ts";

/** One partition on its way from the fetches to its reader: a short queue of batches. */
export interface Feed extends ReadablePartition {
  readonly id: PartitionId;
  /** The offset to fetch next. */
  offset: number;
  /** How many bytes to ask for; grows when a single batch does not fit. */
  maxBytes: number;
  /** Not to be fetched before this time, by performance.now(). */
  restUntilMs: number;
  /** Since when the cluster has not known the topic; undefined: it does. */
  missingSinceMs: number | undefined;
  /** Since when no fetch has been answered; undefined: the last one was. */
  troubledSinceMs: number | undefined;
  /** Bytes that were fetched and not read yet. */
  readonly queuedBytes: number;
  /** Whether there is room for another fetch. */
  readonly hasRoom: boolean;
  push(batch: FetchedBatch): void;
  /** Makes the reader fail after it has read what is queued. */
  fail(error: Error): void;
  /** Resolves to the next batch; to undefined when the feed is closed. One call at a time. */
  next(): Promise<LogBatch<Payload> | undefined>;
  close(): void;
}

/** A batch and what it weighs. */
export interface FetchedBatch {
  readonly messages: readonly KafkaMessage[];
  readonly bytes: number;
  readonly behindMs: number;
  readonly lost?: LostMessages;
}

// What a reader gets at once; a full fetch of very small messages holds tens of thousands.
const maxMessages = 2_000;

/** What a feed tells whoever fills it. */
export interface FeedEvents {
  gotRoom(): void;
  closed(): void;
}

/** Opens a feed. */
export function openFeed(id: PartitionId, at: ReadablePartition, offset: number, maxBytes: number, events: FeedEvents): Feed {
  const queue: FetchedBatch[] = [];
  let waiting: { resolve(batch: LogBatch<Payload> | undefined): void; reject(error: Error): void } | undefined;
  let failure: Error | undefined;
  let closed = false;
  let queuedBytes = 0;

  const feed: Feed = {
    ...at,
    id,
    offset,
    maxBytes,
    restUntilMs: 0,
    missingSinceMs: undefined,
    troubledSinceMs: undefined,
    get queuedBytes() {
      return queuedBytes;
    },
    get hasRoom() {
      // The next fetch is under way while what the last one brought is worked on.
      return !closed && failure === undefined && queuedBytes < feed.maxBytes;
    },
    push(batch) {
      const { lost, messages, bytes, behindMs } = batch;
      const parts = Math.max(1, Math.ceil(messages.length / maxMessages));
      for (let part = 0; part < parts; part += 1) {
        const some = parts === 1 ? messages : messages.slice(part * maxMessages, (part + 1) * maxMessages);
        const next: FetchedBatch = { messages: some, bytes: bytes / parts, behindMs };
        queue.push(part === 0 && lost !== undefined ? { ...next, lost } : next);
      }
      queuedBytes += bytes;
      serve();
    },
    fail(error) {
      failure ??= error;
      serve();
    },
    next() {
      return new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        serve();
      });
    },
    close() {
      if (closed) return;
      closed = true;
      queue.length = 0;
      queuedBytes = 0;
      serve();
      events.closed();
    },
  };

  function serve(): void {
    if (waiting === undefined) return;
    const { resolve, reject } = waiting;
    const batch = queue.shift();
    if (batch === undefined && failure === undefined && !closed) return;
    waiting = undefined;
    if (batch !== undefined) {
      queuedBytes -= batch.bytes;
      events.gotRoom();
      const { bytes: _, ...rest } = batch;
      resolve(rest);
    } else if (failure === undefined || closed) resolve(undefined);
    else reject(failure);
  }

  return feed;
}
