import { type _Record, GetRecordsCommand, GetShardIteratorCommand, type GetRecordsCommandOutput } from "@aws-sdk/client-dynamodb-streams";
import { type Clock, type LogBatch, type LostMessages, type StartPosition, wait } from "@spillway/spec";
import type { Change, ViewType } from "./change.ts";
import { toMessage } from "./change-message.ts";
import { childrenAtEnd, confirmClosed } from "./shard-end.ts";
import { streamCursor, type IteratorStart } from "./stream-cursor.ts";
import { fatal, isNamed, streamError } from "./stream-error.ts";
import type { StreamShardReader } from "./stream-shard-reader.ts";

/** So many failures in a row are waited out in place, some 30 s in all; then the engine is told. */
const maxFailures = 10;
/** DynamoDB keeps a change for this long, and that cannot be set. */
const retentionMs = 86_400_000;
const firstBackoffMs = 200;
const maxBackoffMs = 5_000;

/** Reads a shard: at full pace while there are records, ever slower while there are none. */
export async function* readStreamShard<View extends ViewType>(
  reader: StreamShardReader<View>,
  from: StartPosition,
  signal: AbortSignal,
): AsyncGenerator<LogBatch<Change<View>>, void> {
  const { clock, partition } = reader;
  const cursor = streamCursor(from, clock.nowMs());
  let iterator: string | undefined;
  let failures = 0;
  let emptyPages = 0;
  let lost: LostMessages | undefined;
  for (;;) {
    let page: GetRecordsCommandOutput;
    try {
      iterator ??= await openIterator(reader, cursor.start(), signal);
      await reader.pace.turn(signal);
      page = await reader.client.send(new GetRecordsCommand({ ShardIterator: iterator }), { abortSignal: signal });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (isNamed(error, "ExpiredIteratorException")) {
        iterator = undefined;
        continue;
      }
      if (isNamed(error, "TrimmedDataAccessException")) {
        lost ??= skipTrimmed(reader, cursor.lastAtMs, error);
        cursor.skipToOldest();
        iterator = undefined;
        // Trimming may go on under our feet; then it is waited out like any failure.
        if (failures === 0) {
          failures = 1;
          continue;
        }
      }
      if (isNamed(error, "ResourceNotFoundException")) {
        await confirmClosed(reader, signal);
        yield { messages: [], lost: { count: undefined, reason: "the shard is older than 24 hours: what was left in it is gone" } };
        return;
      }
      const meaning = streamError(error, `Reading shard ${partition}`);
      failures += 1;
      if (!meaning.retryable || failures > maxFailures) throw meaning;
      await wait(clock, backoffMs(failures, clock.random()), signal);
      yield { messages: [] };
      continue;
    }
    failures = 0;
    const records = page.Records ?? [];
    const messages = cursor.advance(records).map((record) => toMessage(record, partition, reader.view));
    yield { messages, behindMs: behindMs(records, clock), retentionMs, ...(lost !== undefined && { lost: until(lost, records) }) };
    lost = undefined;
    if (page.NextShardIterator === undefined) {
      const children = await childrenAtEnd(reader, signal);
      if (children.length > 0) yield { messages: [], children };
      return;
    }
    iterator = page.NextShardIterator;
    emptyPages = records.length === 0 ? emptyPages + 1 : 0;
    if (emptyPages > 0) await wait(clock, Math.min(reader.idleMs, reader.gapMs * 2 ** (emptyPages - 1)), signal);
  }
}

async function openIterator<View extends ViewType>(
  { client, arn, shardId }: StreamShardReader<View>,
  start: IteratorStart,
  signal: AbortSignal,
): Promise<string | undefined> {
  const answer = await client.send(new GetShardIteratorCommand({ StreamArn: arn, ShardId: shardId, ...start }), { abortSignal: signal });
  return answer.ShardIterator;
}

function skipTrimmed<View extends ViewType>(
  { trimmed, partition }: StreamShardReader<View>,
  afterMs: number | undefined,
  cause: unknown,
): LostMessages {
  const reason = `records of shard ${partition} that were not read yet are older than 24 hours and gone`;
  if (trimmed === "skip") return { count: undefined, reason, ...(afterMs !== undefined && { afterMs }) };
  throw fatal(
    "SPILLWAY_TABLE_STREAM_TRIMMED",
    `${reason}. The source is set to stop then; rewind the consumer to go on without them.`,
    cause,
  );
}

/** What is gone came before these records. */
function until(lost: LostMessages, [first]: readonly _Record[]): LostMessages {
  const beforeMs = first?.dynamodb?.ApproximateCreationDateTime?.getTime();
  return { ...lost, ...(beforeMs !== undefined && { beforeMs }) };
}

/** The service gives no lag: it is the age of the newest record read, and an empty page means that there was nothing newer. */
function behindMs(records: GetRecordsCommandOutput["Records"], clock: Clock): number {
  const createdAt = records?.at(-1)?.dynamodb?.ApproximateCreationDateTime;
  return createdAt === undefined ? 0 : Math.max(0, clock.nowMs() - createdAt.getTime());
}

function backoffMs(failures: number, random: number): number {
  return Math.min(maxBackoffMs, firstBackoffMs * 2 ** (failures - 1)) * (0.5 + random / 2);
}
