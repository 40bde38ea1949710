import { PutRecordsCommand, type KinesisClient, type PutRecordsResultEntry } from "@aws-sdk/client-kinesis";
import { type Clock, type ItemResult, SpillwayError, succeeded, wait } from "@spillway/spec";
import { kinesisError } from "./kinesis-error.ts";
import { nameOf, streamInput, type KinesisStream } from "./kinesis-stream.ts";
import type { PutEntry } from "./put-entry.ts";

/** How requests reach the stream. */
export interface PutOptions {
  readonly client: KinesisClient;
  readonly stream: KinesisStream;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** How often entries that Kinesis did not take are sent again before they fail. */
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

/**
 * Sends one request and sends again what Kinesis did not take. Results are put at each message's own index, whatever was sent again. Rejects when
 * the answer was lost: what was stored is then unknown.
 */
export async function putRecords(request: readonly PutEntry[], options: PutOptions, results: ItemResult[]): Promise<void> {
  const { clock, signal, retries } = options;
  let left = request;
  for (let tries = 0; ; tries += 1) {
    const refused = await tryOnce(left, options, results);
    if (refused.length === 0 || tries === retries) return;
    left = refused;
    await wait(clock, Math.min(maxBackoffMs, firstBackoffMs * 2 ** tries) * (0.5 + clock.random() / 2), signal);
  }
}

/** Resolves to the entries that may be sent again; their results so far are failures. */
async function tryOnce(entries: readonly PutEntry[], options: PutOptions, results: ItemResult[]): Promise<readonly PutEntry[]> {
  const { client, stream, signal } = options;
  const Records = entries.map(({ partitionKey, data }) => ({ PartitionKey: partitionKey, Data: data }));
  let answers: readonly PutRecordsResultEntry[];
  try {
    const answer = await client.send(new PutRecordsCommand({ ...streamInput(stream), Records }), { abortSignal: signal });
    answers = answer.Records ?? [];
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const meaning = kinesisError(error, `Writing to stream ${nameOf(stream)}`);
    if (error instanceof Error && notStored.has(error.name)) {
      for (const { index } of entries) results[index] = { ok: false, error: meaning };
      return entries;
    }
    throw meaning.failureClass === "fatal" ? meaning : unknownOutcome(stream, error);
  }
  if (answers.length !== entries.length) {
    throw new SpillwayError(`Kinesis gave ${answers.length} results for ${entries.length} records. All are written again.`, {
      code: "SPILLWAY_RESULT_MISMATCH",
    });
  }
  return entries.filter(({ index }, place) => {
    const { ErrorCode, ErrorMessage } = answers[place] ?? {};
    results[index] = ErrorCode === undefined ? succeeded : { ok: false, error: refusedEntry(stream, ErrorCode, ErrorMessage) };
    return ErrorCode !== undefined;
  });
}

function refusedEntry(stream: KinesisStream, code: string, detail: string | undefined): SpillwayError {
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
