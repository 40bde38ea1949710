import { SpillwayError, type PartitionId } from "@spillway/spec";
import { KafkaError } from "../client/kafka-error.ts";
import type { FetchedPartition, KafkaPort, ReadablePartition, TopicPartition } from "../client/kafka-port.ts";
import type { TopicDirectory } from "../client/topic-directory.ts";
import { partitionId } from "../partition-id.ts";
import { decompress } from "../wire/codecs.ts";
import { readRecordSet } from "../wire/record-set.ts";
import { openFeed, type Feed } from "./feed.ts";
import { rangeOf } from "./offset-range.ts";

/** How much is fetched. */
export interface FetchOptions {
  readonly maxWaitMs: number;
  readonly maxBytesPerPartition: number;
  readonly maxBytes: number;
  /** Of all partitions together; a partition whose reader waits is fetched all the same. */
  readonly maxQueuedBytes: number;
  /** How long a topic may be missing before its feeds fail. */
  readonly missingTopicTimeoutMs: number;
  /** Hears of a partition whose topic is another one by now. It is fetched no more: who reads it is to give it up. */
  readonly madeAnew: (partition: PartitionId, topicId: string) => void;
}

/** Reads partitions: each at its reader's pace, all partitions of a broker in one request. */
export interface Fetcher {
  /** Begins to read a partition at an offset, until the feed is closed. */
  open(at: ReadablePartition, offset: number): Feed;
}

// Messages that are near: the next may be one that the broker has not told all its replicas of.
const restMs = 100;
const emptyBatchEveryMs = 1_000;
/** How long a reader waits for a leader that moves or a broker that starts again before it is told: then its source is seen to fail. */
const patienceMs = 5_000;

/** Errors that pass when the cluster's news are known: a new leader, mostly. */
const stale: ReadonlySet<string> = new Set([
  "NOT_LEADER_FOR_PARTITION",
  "LEADER_NOT_AVAILABLE",
  "REPLICA_NOT_AVAILABLE",
  "FENCED_LEADER_EPOCH",
  "UNKNOWN_LEADER_EPOCH",
  "KAFKA_STORAGE_ERROR",
  "OFFSET_NOT_AVAILABLE",
  "UNKNOWN_TOPIC_OR_PARTITION",
  "UNKNOWN_TOPIC_ID",
  "BROKER_NOT_FOUND",
]);

/** Makes a fetcher; its connections are the port's. */
export function fetcher(port: KafkaPort, directory: TopicDirectory, options: FetchOptions): Fetcher {
  const feeds = new Map<PartitionId, Feed>();
  const busy = new Set<number>();
  const lastBatchMs = new WeakMap<Feed, number>();
  let timer: NodeJS.Timeout | undefined;
  let refreshing = false;

  /** Starts every fetch that there is reason for; called whenever something has changed. */
  function pump(): void {
    const nowMs = performance.now();
    const byLeader = new Map<number, Feed[]>();
    let queuedBytes = 0;
    let wakeMs = Infinity;
    for (const feed of feeds.values()) queuedBytes += feed.queuedBytes;
    for (const feed of feeds.values()) {
      if (giveUpIfMadeAnew(feed)) continue;
      if (!feed.hasRoom || (feed.queuedBytes > 0 && queuedBytes >= options.maxQueuedBytes)) continue;
      if (feed.restUntilMs > nowMs) {
        wakeMs = Math.min(wakeMs, feed.restUntilMs - nowMs);
        continue;
      }
      const leader = directory.leader(feed);
      if (leader === undefined) {
        trouble(feed, directory.problem(feed.topic) ?? leaderless(feed));
        wakeMs = Math.min(wakeMs, restMs);
      } else if (!busy.has(leader)) {
        const group = byLeader.get(leader);
        if (group === undefined) byLeader.set(leader, [feed]);
        else group.push(feed);
      }
    }
    clearTimeout(timer);
    if (wakeMs < Infinity) timer = setTimeout(pump, wakeMs + 1);
    for (const [leader, group] of byLeader) void fetchFrom(leader, group);
  }

  /** What is queued of the old topic is handed over still. */
  function giveUpIfMadeAnew({ id, topic, topicId }: Feed): boolean {
    const now = directory.id(topic);
    if (topicId === undefined || now === undefined || now === topicId) return false;
    feeds.delete(id);
    options.madeAnew(id, topicId);
    return true;
  }

  async function fetchFrom(leader: number, group: readonly Feed[]): Promise<void> {
    busy.add(leader);
    const asked = new Map(group.map((feed) => [feed, feed.offset]));
    try {
      const answers = await port.fetch(
        leader,
        {
          maxWaitMs: options.maxWaitMs,
          minBytes: 1,
          maxBytes: options.maxBytes,
          partitions: group.map(({ topic, topicId, partition, offset, maxBytes }) => ({ topic, topicId, partition, offset, maxBytes })),
        },
        { signal: new AbortController().signal },
      );
      for (const answer of answers) {
        const feed = feeds.get(partitionId(answer));
        // A feed that was closed, or opened again elsewhere, has nothing to do with this answer.
        if (feed !== undefined && asked.get(feed) === feed.offset)
          await take(feed, answer, leader).catch((error: unknown) => trouble(feed, error));
      }
    } catch (error) {
      for (const feed of group) trouble(feed, error);
    }
    busy.delete(leader);
    pump();
  }

  async function take(feed: Feed, answer: FetchedPartition, leader: number): Promise<void> {
    if (answer.error?.type === "OFFSET_OUT_OF_RANGE") return recover(feed, leader);
    if (answer.error !== undefined) throw answer.error;
    feed.missingSinceMs = undefined;
    feed.troubledSinceMs = undefined;
    const { messages, nextOffset } = await readRecordSet(feed.id, answer.records, feed.offset, answer.aborted, decompress);
    if (nextOffset === undefined && answer.records.length > 0) feed.maxBytes *= 2;
    if (nextOffset !== undefined) feed.offset = nextOffset;
    const nowMs = Date.now();
    const last = messages.at(-1);
    const behindMs = feed.offset >= answer.endOffset || last === undefined ? 0 : Math.max(0, nowMs - last.timestampMs);
    // An empty batch now and then carries the lag, and one answer in four a second is enough.
    if (last === undefined && nowMs - (lastBatchMs.get(feed) ?? 0) < emptyBatchEveryMs) return;
    lastBatchMs.set(feed, nowMs);
    feed.push({ messages, bytes: answer.records.length, behindMs });
  }

  /** The log holds other offsets than the one that was asked for: go on at its beginning, and say what is gone. */
  async function recover(feed: Feed, leader: number): Promise<void> {
    const { first, end } = await rangeOf(port, leader, feed);
    if (feed.offset >= first && feed.offset <= end) return rest(feed);
    const lost =
      feed.offset < first
        ? { count: first - feed.offset, reason: `offsets ${feed.offset} to ${first - 1} were removed before they could be read` }
        : {
            count: undefined,
            reason: `the log ends at ${end}, before offset ${feed.offset}: the topic was made anew, or its end was lost`,
          };
    feed.offset = first;
    feed.push({ messages: [], bytes: 0, behindMs: 0, lost });
  }

  function trouble(feed: Feed, thrown: unknown): void {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    const type = error instanceof KafkaError ? error.type : "";
    const isUnreachable = error instanceof SpillwayError && error.code === "SPILLWAY_KAFKA_UNREACHABLE";
    if (!stale.has(type) && !isUnreachable) return feed.fail(error);
    if (type === "UNKNOWN_TOPIC_OR_PARTITION" || type === "UNKNOWN_TOPIC_ID") {
      feed.missingSinceMs ??= performance.now();
      if (performance.now() - feed.missingSinceMs > options.missingTopicTimeoutMs) return feed.fail(deleted(feed));
    } else {
      feed.troubledSinceMs ??= performance.now();
      if (performance.now() - feed.troubledSinceMs > patienceMs) return feed.fail(error);
    }
    rest(feed);
    refresh();
  }

  function refresh(): void {
    if (refreshing) return;
    refreshing = true;
    // A cluster that does not answer is asked again at the next trouble: whoever waits for messages waits on.
    directory
      .refresh({ signal: new AbortController().signal })
      .catch(() => undefined)
      .finally(() => {
        refreshing = false;
        pump();
      });
  }

  return {
    open(at, offset) {
      const id = partitionId(at);
      const feed = openFeed(id, at, offset, options.maxBytesPerPartition, {
        gotRoom: pump,
        closed: () => {
          if (feeds.get(id) === feed) feeds.delete(id);
        },
      });
      feeds.set(id, feed);
      pump();
      return feed;
    },
  };
}

function leaderless({ topic, partition }: TopicPartition): KafkaError {
  return new KafkaError(`Partition ${topic}-${partition} has no leader now. It is asked for again.`, {
    type: "LEADER_NOT_AVAILABLE",
    code: "SPILLWAY_KAFKA_UNREACHABLE",
    failureClass: "transient",
  });
}

function rest(feed: Feed): void {
  feed.restUntilMs = performance.now() + restMs;
}

function deleted({ topic, partition }: TopicPartition): SpillwayError {
  return new SpillwayError(
    `Topic "${topic}" (partition ${partition}) has been missing for some time: it was deleted. Create it again, or remove it from the source.`,
    { code: "SPILLWAY_KAFKA_TOPIC_MISSING", failureClass: "fatal" },
  );
}
