import type { StartingPosition } from "@aws-sdk/client-kinesis";
import { type LogBatch, type Payload, type StartPosition, wait } from "@spillway/spec";
import { backoffMs } from "./backoff.ts";
import { isInTheFuture } from "./future-start.ts";
import { inBatches } from "./in-batches.ts";
import { isNamed, kinesisError } from "./kinesis-error.ts";
import { nameOf } from "./kinesis-stream.ts";
import { namedChildren } from "./named-children.ts";
import type { RegisteredConsumer } from "./registered-consumer.ts";
import { shardCursor, type IteratorStart } from "./shard-cursor.ts";
import { shardEnd } from "./shard-end.ts";
import type { ShardReader } from "./shard-reader.ts";
import { subscribedEvents } from "./subscribed-events.ts";

/** Kinesis takes one subscription a second for a consumer and shard, and refuses another for five seconds after one began. */
const betweenSubscriptionsMs = 1_000;
/** So many subscriptions in a row that fail before their first event; then the engine is told. */
const maxFailures = 10;
/**
 * So long after a subscription began, the place that its last event named is taken at its word. It lasts five minutes at most and nothing is kept for less than a day;
 * after a longer pause records behind that place may be gone, and only the last record itself shows whether they are.
 */
const trustedForMs = 3_600_000;

/**
 * Reads a shard by enhanced fan-out: subscribes, and subscribes again whenever a subscription ends, after the place that the last event named. The end
 * of a subscription is never the end of the shard: only an event without such a place is.
 */
export async function* subscribeShard(
  reader: ShardReader,
  consumer: RegisteredConsumer,
  from: StartPosition,
  signal: AbortSignal,
): AsyncGenerator<LogBatch<Payload>, void> {
  const { client, clock, shard } = reader;
  const cursor = shardCursor({ shard, range: await reader.range(signal) }, from, clock.nowMs());
  let after: string | undefined;
  let subscribedAtMs = clock.nowMs();
  let latest: IteratorStart | undefined;
  let failures = 0;
  const nextStart = (): IteratorStart => {
    if (after !== undefined && clock.nowMs() - subscribedAtMs < trustedForMs)
      return { ShardIteratorType: "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber: after };
    const start = latest ?? cursor.start();
    latest = undefined;
    return start;
  };
  for (;;) {
    let hasEvents = false;
    const start = nextStart();
    subscribedAtMs = clock.nowMs();
    try {
      const consumerArn = await consumer.arn(signal);
      const subscription = { client, consumerArn, shardId: shard, start: toStartingPosition(start), clock };
      for await (const heard of subscribedEvents(subscription, signal)) {
        if (heard.kind === "quiet") {
          yield { messages: [] };
          continue;
        }
        hasEvents = true;
        failures = 0;
        const { Records = [], MillisBehindLatest, ContinuationSequenceNumber } = heard.event;
        const { messages, lost } = cursor.advance(Records);
        const children = ContinuationSequenceNumber === undefined ? namedChildren(shard, heard.event.ChildShards) : undefined;
        yield* inBatches(messages, { behindMs: MillisBehindLatest, retentionMs: reader.retention.known(signal), lost, children });
        if (ContinuationSequenceNumber === undefined) {
          if (children === undefined) await shardEnd(reader).confirm(signal);
          return;
        }
        after = ContinuationSequenceNumber;
      }
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (isNamed(error, "ResourceNotFoundException")) {
        // Of the consumer or of the shard: finding the one and listing the other tells which.
        consumer.forget();
        await consumer.arn(signal);
        yield await shardEnd(reader).gone(signal);
        return;
      }
      if (isInTheFuture(error, start, clock.nowMs())) {
        latest = { ShardIteratorType: "LATEST" };
        continue;
      }
      const meaning = kinesisError(error, `Subscribing to shard ${shard} of stream ${nameOf(reader.stream)}`);
      // What was said of the shard's end or the consumer is for the engine: it reads again from the last record given.
      if (!meaning.retryable || meaning === error) throw meaning;
    }
    if (!hasEvents) {
      failures += 1;
      if (failures > maxFailures)
        throw kinesisError(new Error("no event came"), `Subscribing to shard ${shard} of stream ${nameOf(reader.stream)}`);
    }
    await wait(clock, Math.max(betweenSubscriptionsMs, failures === 0 ? 0 : backoffMs(failures, clock.random())), signal);
    yield { messages: [] };
  }
}

function toStartingPosition({ ShardIteratorType, StartingSequenceNumber, Timestamp }: IteratorStart): StartingPosition {
  return {
    Type: ShardIteratorType,
    ...(StartingSequenceNumber !== undefined && { SequenceNumber: StartingSequenceNumber }),
    ...(Timestamp !== undefined && { Timestamp }),
  };
}
