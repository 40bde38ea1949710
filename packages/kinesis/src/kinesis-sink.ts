import type { KinesisClient } from "@aws-sdk/client-kinesis";
import { type Clock, type ItemResult, type Payload, requireWithin, type Sink, SpillwayError, systemClock } from "@spillway/spec";
import { nameOf, type KinesisStream } from "./kinesis-stream.ts";
import { toEntry, toRequests, type PutEntry } from "./put-entry.ts";
import { putRecords } from "./put-records.ts";
import { defaultRecordBytes, recordLimit } from "./record-limit.ts";

/** What the Kinesis sink needs. */
export type KinesisSinkOptions = KinesisStream & {
  /** The caller's client; region, credentials and endpoint are its business. */
  readonly client: KinesisClient;
  /** Names the sink in events; the stream's name where left out. */
  readonly name?: string;
  /** The most bytes of one PutRecords, keys included; 5 MiB by default, which every endpoint takes. Kinesis itself takes 10 MiB since 2025. */
  readonly maxRequestBytes?: number;
  /** How often records that a shard was too busy for are sent again within one write; 3 by default. Then they fail as transient. */
  readonly retries?: number;
  /** Paces the retries; the system's by default. */
  readonly clock?: Clock;
};

/** Kinesis' bound on the records of one PutRecords. */
const maxRecords = 500;
const mebibyte = 1_048_576;

/**
 * Writes messages as records, a message's key as the partition key. Order is "none", because Kinesis promises none within one PutRecords: the engine
 * then writes one message of a lane at a time, which keeps each key in order. Kinesis cannot deduplicate: after a lost answer records may be doubled.
 */
export function kinesisSink(options: KinesisSinkOptions): Sink<Payload> {
  const { client, maxRequestBytes = 5 * mebibyte, retries = 3, clock = systemClock } = options;
  requireWithin("maxRequestBytes", maxRequestBytes, mebibyte, 10 * mebibyte);
  requireWithin("retries", retries, 0, 20);
  const limit = recordLimit(client, options);

  return {
    name: options.name ?? nameOf(options),
    traits: { maxBatchSize: maxRecords, order: "none" },
    async write(messages, { signal }) {
      signal.throwIfAborted();
      const results: ItemResult[] = [];
      const entries = await thatFit(messages.map(toEntry), results, signal);
      const errors: unknown[] = [];
      const requests = toRequests(entries, maxRecords, maxRequestBytes);
      for (const request of requests) {
        try {
          await putRecords(request, { client, stream: options, clock, signal, retries }, results);
        } catch (error) {
          if (signal.aborted || isFatal(error)) throw error;
          errors.push(error);
          for (const { index } of request) results[index] ??= { ok: false, error: error as Error };
        }
      }
      // With nothing known of any of them, the write as a whole has no outcome.
      if (errors.length > 0 && errors.length === requests.length) throw errors[0];
      return results;
    },
  };

  async function thatFit(entries: readonly PutEntry[], results: ItemResult[], signal: AbortSignal): Promise<readonly PutEntry[]> {
    const isLarge = entries.some(({ bytes }) => bytes > defaultRecordBytes);
    const maxBytes = isLarge ? await limit.bytes(signal) : defaultRecordBytes;
    return entries.filter(({ bytes, index }) => {
      if (bytes <= maxBytes) return true;
      results[index] = { ok: false, error: oversize(bytes, maxBytes, nameOf(options)) };
      return false;
    });
  }
}

function isFatal(error: unknown): boolean {
  return error instanceof SpillwayError && error.failureClass === "fatal";
}

function oversize(bytes: number, maxBytes: number, name: string): SpillwayError {
  return new SpillwayError(
    `The record has ${bytes} bytes with its key and headers; stream ${name} takes ${maxBytes}. Raise the stream's record size, or keep the payload elsewhere.`,
    { code: "SPILLWAY_OVERSIZE", failureClass: "permanent" },
  );
}
