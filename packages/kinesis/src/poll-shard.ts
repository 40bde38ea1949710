import { GetRecordsCommand, GetShardIteratorCommand, type GetRecordsCommandOutput } from "@aws-sdk/client-kinesis";
import { type LogBatch, type Payload, type StartPosition, wait } from "@spillway/spec";
import { backoffMs } from "./backoff.ts";
import { isNamed, kinesisError } from "./kinesis-error.ts";
import { nameOf, streamInput } from "./kinesis-stream.ts";
import { isInTheFuture } from "./future-start.ts";
import { inBatches } from "./in-batches.ts";
import { namedChildren } from "./named-children.ts";
import { shardCursor, type IteratorStart, type ShardCursor } from "./shard-cursor.ts";
import { shardEnd } from "./shard-end.ts";
import type { ShardReader } from "./shard-reader.ts";

/** So many failures in a row are waited out in place, some 30 s in all; then the engine is told. */
const maxFailures = 10;

/**
 * Reads a shard with GetRecords: at full pace while there is more, ever slower while there is nothing. Throttling and broken connections are waited
 * out with the same iterator; an expired iterator is made anew after the last message that was given.
 */
export async function* pollShard(reader: ShardReader, from: StartPosition, signal: AbortSignal): AsyncGenerator<LogBatch<Payload>, void> {
  const { clock, shard, pace, idleMs } = reader;
  const cursor = shardCursor({ shard, range: await reader.range(signal) }, from, clock.nowMs());
  let iterator: string | undefined;
  let failures = 0;
  let emptyPages = 0;
  for (;;) {
    let page: GetRecordsCommandOutput;
    try {
      iterator ??= await openIterator(reader, cursor, signal);
      await pace.turn(signal);
      page = await getRecords(reader, iterator, signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (isNamed(error, "ExpiredIteratorException")) {
        iterator = undefined;
        continue;
      }
      if (isNamed(error, "ResourceNotFoundException")) {
        yield await shardEnd(reader).gone(signal);
        return;
      }
      const meaning = kinesisError(error, `Reading shard ${shard} of stream ${nameOf(reader.stream)}`);
      failures += 1;
      if (!meaning.retryable || failures > maxFailures) throw meaning;
      await wait(clock, backoffMs(failures, clock.random()), signal);
      yield { messages: [] };
      continue;
    }
    failures = 0;
    const { messages, lost } = cursor.advance(page.Records ?? []);
    const children = page.NextShardIterator === undefined ? namedChildren(shard, page.ChildShards) : undefined;
    yield* inBatches(messages, { behindMs: page.MillisBehindLatest, retentionMs: reader.retention.known(signal), lost, children });
    if (page.NextShardIterator === undefined) {
      if (children === undefined) await shardEnd(reader).confirm(signal);
      return;
    }
    iterator = page.NextShardIterator;
    const isCaughtUp = page.Records?.length === 0 && (page.MillisBehindLatest ?? 0) === 0;
    emptyPages = isCaughtUp ? emptyPages + 1 : 0;
    if (isCaughtUp) await wait(clock, Math.min(idleMs, reader.gapMs * 2 ** (emptyPages - 1)), signal);
  }
}

async function openIterator(reader: ShardReader, cursor: ShardCursor, signal: AbortSignal): Promise<string | undefined> {
  const start = cursor.start();
  try {
    return await iteratorAt(reader, start, signal);
  } catch (error) {
    if (!isInTheFuture(error, start, reader.clock.nowMs())) throw error;
    return iteratorAt(reader, { ShardIteratorType: "LATEST" }, signal);
  }
}

async function iteratorAt({ client, stream, shard }: ShardReader, start: IteratorStart, signal: AbortSignal): Promise<string | undefined> {
  const answer = await client.send(new GetShardIteratorCommand({ ...streamInput(stream), ShardId: shard, ...start }), {
    abortSignal: signal,
  });
  return answer.ShardIterator;
}

function getRecords(reader: ShardReader, iterator: string | undefined, signal: AbortSignal): Promise<GetRecordsCommandOutput> {
  const input = { ShardIterator: iterator, Limit: reader.maxRecordsPerCall };
  return reader.client.send(new GetRecordsCommand(input), { abortSignal: signal });
}
