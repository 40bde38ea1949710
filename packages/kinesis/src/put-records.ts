import { PutRecordsCommand, type KinesisClient, type PutRecordsRequestEntry, type PutRecordsResultEntry } from "@aws-sdk/client-kinesis";
import { type Clock, SpillwayError, wait } from "@spillway/spec";
import { kinesisError } from "./kinesis-error.ts";
import { nameOf, streamInput, type KinesisStream } from "./kinesis-stream.ts";
import type { OutgoingRecord } from "./outgoing-record.ts";

/** How requests reach the stream. */
export interface PutOptions {
  readonly client: KinesisClient;
  readonly stream: KinesisStream;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** How often records that Kinesis did not take are sent again before they fail. */
  readonly retries: number;
}

const firstBackoffMs = 100;
const maxBackoffMs = 2_000;
/** Refusals of a whole request after which nothing of it was stored. */
const notStored = new Set([
  "ProvisionedThroughputExceededException",
  "LimitExceededException",
  "KMSThrottlingException",
  "ThrottlingException",
]);

/** What became of one record: the shard that took it; why none did; or why nobody knows. */
export type PutOutcome =
  | { readonly kind: "taken"; readonly shardId: string }
  | { readonly kind: "refused"; readonly error: SpillwayError }
  | { readonly kind: "unknown"; readonly error: SpillwayError };

/**
 * Sends one request, and sends again what Kinesis did not take. Resolves to what became of each record, in the order of the request. Rejects when the
 * signal aborts, and when it is of no use to go on.
 */
export async function putRecords(request: readonly OutgoingRecord[], options: PutOptions): Promise<readonly PutOutcome[]> {
  const { clock, signal, retries } = options;
  const outcomes = [...(await tryOnce(request, options))];
  for (let tries = 0; tries < retries; tries += 1) {
    const places = [...outcomes.keys()].filter((place) => outcomes[place]?.kind === "refused");
    if (places.length === 0) break;
    await wait(clock, Math.min(maxBackoffMs, firstBackoffMs * 2 ** tries) * (0.5 + clock.random() / 2), signal);
    const refused = request.filter((_, place) => outcomes[place]?.kind === "refused");
    for (const [index, outcome] of (await tryOnce(refused, options)).entries()) outcomes[places[index] ?? 0] = outcome;
  }
  return outcomes;
}

async function tryOnce(records: readonly OutgoingRecord[], options: PutOptions): Promise<readonly PutOutcome[]> {
  const { client, stream, signal } = options;
  const Records = records.map(toSdk);
  let answers: readonly PutRecordsResultEntry[];
  try {
    const answer = await client.send(new PutRecordsCommand({ ...streamInput(stream), Records }), { abortSignal: signal });
    answers = answer.Records ?? [];
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const meaning = kinesisError(error, `Writing to stream ${nameOf(stream)}`);
    if (meaning.failureClass === "fatal") throw meaning;
    const isRefused = error instanceof Error && notStored.has(error.name);
    const outcome: PutOutcome = isRefused ? { kind: "refused", error: meaning } : { kind: "unknown", error: unknownOutcome(stream, error) };
    return records.map(() => outcome);
  }
  if (answers.length !== records.length) {
    const error = new SpillwayError(`Kinesis gave ${answers.length} results for ${records.length} records. All are written again.`, {
      code: "SPILLWAY_RESULT_MISMATCH",
    });
    return records.map(() => ({ kind: "unknown", error }));
  }
  return answers.map(({ ErrorCode, ErrorMessage, ShardId = "" }) =>
    ErrorCode === undefined ? { kind: "taken", shardId: ShardId } : { kind: "refused", error: refusal(stream, ErrorCode, ErrorMessage) },
  );
}

function toSdk({ partitionKey, explicitHashKey, data }: OutgoingRecord): PutRecordsRequestEntry {
  return { PartitionKey: partitionKey, Data: data, ...(explicitHashKey !== undefined && { ExplicitHashKey: explicitHashKey }) };
}

function refusal(stream: KinesisStream, code: string, detail: string | undefined): SpillwayError {
  return new SpillwayError(
    `Stream ${nameOf(stream)} did not take the record (${code}: ${detail ?? ""}). It is written again; add shards if this lasts.`,
    {
      code: "SPILLWAY_KINESIS_FAILED",
    },
  );
}

function unknownOutcome(stream: KinesisStream, cause: unknown): SpillwayError {
  return new SpillwayError(
    `No answer from stream ${nameOf(stream)}: the records may be stored or not. They are written again, so some may be there twice. ` +
      `Cause: ${cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)}`,
    { code: "SPILLWAY_OUTCOME_UNKNOWN", cause },
  );
}
