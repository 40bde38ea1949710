import type { KinesisClient } from "@aws-sdk/client-kinesis";
import { type Clock, type OutgoingMessage, type Payload, requireWithin, type Sink, systemClock } from "@spillway/spec";
import { nameOf, type KinesisStream } from "./kinesis-stream.ts";
import { maxRecordsPerRequest } from "./put-requests.ts";
import { recordWriter } from "./record-writer.ts";

/** What the Kinesis sink needs. */
export type KinesisSinkOptions = KinesisStream & {
  /** The caller's client; region, credentials and endpoint are its business. */
  readonly client: KinesisClient;
  /** Names the sink in events; the stream's name where left out. */
  readonly name?: string;
  /**
   * What one write promises of the messages of one key. "none", the default: nothing, because Kinesis may take the records of a request in any order, and
   * some of them not at all. "key": they are stored in their order, and none after one that failed; the second message of a key is sent when the first is
   * confirmed, so that a write takes as many calls one after another as its most frequent key has messages. Aggregation saves these calls.
   */
  readonly order?: "none" | "key";
  /**
   * Whether messages share records: "none", the default, or "kpl": as many as fit into 50 KiB, in the format of the Kinesis Producer Library, which every
   * consumer must know how to unpack. Fewer and larger records cost less, and a shard takes more messages than its 1,000 records a second.
   */
  readonly aggregation?: "none" | "kpl";
  /**
   * Places messages by hand: gives the hash key, a whole number from 0 to 2^128 - 1 in decimal, that decides about a message's shard in place of its partition
   * key; undefined leaves it to the key. Left out: no message is. What is no such number, and a throw, fails that message as permanent. Messages of one key
   * that are placed in several shards have no order among them, for any reader.
   */
  readonly explicitHashKey?: (message: OutgoingMessage<Payload>) => string | undefined;
  /** The most bytes of one PutRecords, keys included; 5 MiB by default, which every endpoint takes. Kinesis itself takes 10 MiB since 2025. */
  readonly maxRequestBytes?: number;
  /** How often records that a shard was too busy for are sent again within one write; 3 by default. Then they fail as transient. */
  readonly retries?: number;
  /** Paces the retries; the system's by default. */
  readonly clock?: Clock;
};

const mebibyte = 1_048_576;
/** A bound on what one write holds in memory, not Kinesis': in aggregated records there is room for far more. */
const maxAggregated = 5_000;

/**
 * Writes messages as records, a message's key as the partition key. In a pipeline each key stays in order either way: where a sink promises none, the engine
 * writes one message of a lane at a time. Kinesis cannot deduplicate: after a lost answer records may be doubled.
 */
export function kinesisSink(options: KinesisSinkOptions): Sink<Payload> {
  const { client, maxRequestBytes = 5 * mebibyte, retries = 3, clock = systemClock, order = "none", aggregation = "none" } = options;
  requireWithin("maxRequestBytes", maxRequestBytes, mebibyte, 10 * mebibyte);
  requireWithin("retries", retries, 0, 20);
  const { explicitHashKey } = options;
  const write = recordWriter({ client, stream: options, clock, maxRequestBytes, retries, order, aggregation, explicitHashKey });

  return {
    name: options.name ?? nameOf(options),
    traits: { maxBatchSize: aggregation === "kpl" ? maxAggregated : maxRecordsPerRequest, order },
    write: (messages, { signal }) => write(messages, signal),
  };
}
