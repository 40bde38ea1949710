import type { KinesisClient } from "@aws-sdk/client-kinesis";
import { type Clock, type ItemResult, type OutgoingMessage, type Payload, SpillwayError } from "@spillway/spec";
import { nameOf, type KinesisStream } from "./kinesis-stream.ts";
import { type OutgoingRecord, plainRecord } from "./outgoing-record.ts";
import { type ExplicitHashKey, placedEntry } from "./placed-entry.ts";
import { planRound } from "./plan-round.ts";
import { placeOf, type PutEntry } from "./put-entry.ts";
import { putRecords, type PutOutcome } from "./put-records.ts";
import { putRequests } from "./put-requests.ts";
import { readShardMap, type ShardMap } from "./shard-map.ts";
import { defaultRecordBytes, streamFacts, type StreamFacts } from "./stream-facts.ts";
import { writeResults, type WriteResults } from "./write-results.ts";

/** How messages are written. */
export interface RecordWriterOptions {
  readonly client: KinesisClient;
  readonly stream: KinesisStream;
  readonly clock: Clock;
  readonly maxRequestBytes: number;
  readonly retries: number;
  readonly order: "none" | "key";
  readonly aggregation: "none" | "kpl";
  readonly explicitHashKey: ExplicitHashKey | undefined;
}

/** Writes messages. Resolves to one result for each, in order; rejects when nothing is known of any of them. */
export type RecordWriter = (messages: readonly OutgoingMessage<Payload>[], signal: AbortSignal) => Promise<readonly ItemResult[]>;

/** Writes in rounds: what must wait for an earlier message of its key, or goes to another shard than was foretold, goes with a later one. */
export function recordWriter(options: RecordWriterOptions): RecordWriter {
  const { client, stream, maxRequestBytes } = options;
  const keepsKeyOrder = options.order === "key";
  const aggregates = options.aggregation === "kpl";
  let facts: StreamFacts | undefined;
  let shards: ShardMap | undefined;

  return async (messages, signal) => {
    signal.throwIfAborted();
    if ((keepsKeyOrder || aggregates) && (await knownFacts(signal)).ignoresKeys) throw keysIgnored(stream);
    const results = writeResults(keepsKeyOrder);
    /** What an aggregated record took to the wrong shard goes again without one. */
    const alone = new Set<PutEntry>();
    let left = await thatFit(messages, results, signal);
    for (let isFirst = true; left.length > 0; isFirst = false) {
      const records = await nextRecords(left, alone, signal);
      const outcomes = await send(records, signal);
      if (isFirst) rejectUnknown(outcomes);
      for (const entry of await settle(records, outcomes, results, signal)) alone.add(entry);
      left = left.filter((entry) => results.all[entry.index] === undefined && results.mayGo(entry));
    }
    return results.all;
  };

  async function thatFit(
    messages: readonly OutgoingMessage<Payload>[],
    results: WriteResults,
    signal: AbortSignal,
  ): Promise<readonly PutEntry[]> {
    const placed = messages.map((message, index) => placedEntry(message, index, options));
    const isLarge = placed.some(({ entry }) => entry.bytes > defaultRecordBytes);
    const maxBytes = isLarge ? (await knownFacts(signal)).maxRecordBytes : defaultRecordBytes;
    const left: PutEntry[] = [];
    for (const { entry, error } of placed) {
      if (!results.mayGo(entry)) continue;
      const unfit = error ?? (entry.bytes > maxBytes ? oversize(entry.bytes, maxBytes, stream) : undefined);
      if (unfit === undefined) left.push(entry);
      else results.fail([entry], unfit);
    }
    return left;
  }

  /** Entries as records, as far as they may be sent at once. */
  async function nextRecords(
    entries: readonly PutEntry[],
    alone: ReadonlySet<PutEntry>,
    signal: AbortSignal,
  ): Promise<readonly OutgoingRecord[]> {
    if (!keepsKeyOrder && !aggregates) return entries.map(plainRecord);
    if (aggregates) shards ??= await readShardMap(client, stream, signal);
    const map = shards;
    return planRound(entries, {
      keepsKeyOrder,
      shardOf(entry) {
        if (map === undefined || alone.has(entry)) return undefined;
        const shardId = map.shardOf(placeOf(entry));
        // The listing was made in the midst of a resharding.
        if (shardId === undefined) shards = undefined;
        return shardId;
      },
    });
  }

  async function send(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<readonly PutOutcome[]> {
    const outcomes: PutOutcome[] = [];
    for (const request of putRequests(records, maxRequestBytes)) outcomes.push(...(await putRecords(request, { ...options, signal })));
    return outcomes;
  }

  /** Resolves to the entries that went to a wrong shard; all others have a result. */
  async function settle(
    records: readonly OutgoingRecord[],
    outcomes: readonly PutOutcome[],
    results: WriteResults,
    signal: AbortSignal,
  ): Promise<readonly PutEntry[]> {
    const strays: { readonly entries: readonly PutEntry[]; readonly shardId: string }[] = [];
    for (const [place, outcome] of outcomes.entries()) {
      const { entries = [], shardId } = records[place] ?? {};
      if (outcome.kind !== "taken") results.fail(entries, outcome.error);
      else if (shardId === undefined || shardId === outcome.shardId) results.succeed(entries);
      else strays.push({ entries, shardId: outcome.shardId });
    }
    if (strays.length === 0) return [];
    const map = await readShardMap(client, stream, signal);
    shards = map;
    return strays.flatMap(({ entries, shardId }) => {
      // The Kinesis Client Library drops an aggregated record of which one message belongs to another shard.
      if (!entries.every((entry) => map.holds(shardId, placeOf(entry)))) return entries;
      results.succeed(entries);
      return [];
    });
  }

  async function knownFacts(signal: AbortSignal): Promise<StreamFacts> {
    facts ??= await streamFacts(client, stream, signal);
    return facts;
  }
}

/** With nothing known of any message, the write as a whole has no outcome. */
function rejectUnknown(outcomes: readonly PutOutcome[]): void {
  const [first] = outcomes;
  if (first?.kind === "unknown" && outcomes.every(({ kind }) => kind === "unknown")) throw first.error;
}

function keysIgnored(stream: KinesisStream): SpillwayError {
  return new SpillwayError(
    `Stream ${nameOf(stream)} distributes records as it likes (strategy AUTO): neither order nor aggregation is possible. Set USER_PARTITION_KEY.`,
    { code: "SPILLWAY_INVALID_OPTIONS", failureClass: "fatal" },
  );
}

function oversize(bytes: number, maxBytes: number, stream: KinesisStream): SpillwayError {
  return new SpillwayError(
    `The record has ${bytes} bytes with its key and headers; stream ${nameOf(stream)} takes ${maxBytes}. Raise the stream's record size, or keep the payload elsewhere.`,
    { code: "SPILLWAY_OVERSIZE", failureClass: "permanent" },
  );
}
