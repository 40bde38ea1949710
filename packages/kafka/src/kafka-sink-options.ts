import { SpillwayError, type OutgoingMessage, type Payload } from "@spillway/spec";
import type { Kafka } from "kafkajs";
import type { KafkaTransactions } from "./kafka-transactions.ts";
import { compressionTypes, type Compression } from "./wire/codecs.ts";

/** Where a Kafka sink writes, and how. */
export interface KafkaSinkOptions {
  /** The kafkajs client: its broker addresses, ssl, sasl, clientId and timeouts are used. It stays yours, and needs no connecting. */
  readonly client: Kafka;
  readonly topic: string;
  /** Names the sink in events and errors. Default: the topic. */
  readonly name?: string;
  /** How batches are packed. gzip is built in, zstd from Node 22.15 on; docs/kafka.md says how to add the others. Default: "none". */
  readonly compression?: Compression;
  /** How long a message may wait for others to share its batch with. A batch that is under way gathers the next one anyhow. Default: 0. */
  readonly lingerMs?: number;
  /** The largest batch, before packing; the topic's max.message.bytes must allow it. Default: 900,000. */
  readonly maxBatchBytes?: number;
  /** The most messages in one write. Default: 1,000. */
  readonly maxBatchSize?: number;
  /** How long the brokers may take to confirm one request. Default: 10,000. */
  readonly requestTimeoutMs?: number;
  /** How long a batch is sent again before it fails. Default: 60,000. */
  readonly deliveryTimeoutMs?: number;
  /** How long no broker may answer at the very start before that is fatal. Default: 30,000. */
  readonly startTimeoutMs?: number;
  /** The transactions of the pipeline's source: what is written is committed with its offsets. Default: none, each message is stored at once. */
  readonly transactions?: KafkaTransactions;
  /** Chooses a partition, from 0. Default: by the key's hash, as Kafka's own clients do; keyless messages in turn. */
  readonly partition?: (message: OutgoingMessage<Payload>, partitionCount: number) => number;
}

/** The options with their defaults, checked. */
export interface ResolvedSinkOptions {
  readonly name: string;
  readonly codec: number;
  readonly lingerMs: number;
  readonly maxBatchBytes: number;
  readonly maxBatchSize: number;
  readonly requestTimeoutMs: number;
  readonly deliveryTimeoutMs: number;
  readonly startTimeoutMs: number;
}

/** Fills in the defaults; throws when an option cannot work. */
export function resolveSinkOptions(options: KafkaSinkOptions): ResolvedSinkOptions {
  if (options.topic === "") throw invalid("topic must not be empty");
  const codec = compressionTypes[options.compression ?? "none"];
  if (codec === undefined)
    throw invalid(`compression must be one of ${Object.keys(compressionTypes).join(", ")}, not ${options.compression}`);
  return {
    name: options.name ?? options.topic,
    codec,
    lingerMs: whole("lingerMs", options.lingerMs ?? 0, 0),
    maxBatchBytes: whole("maxBatchBytes", options.maxBatchBytes ?? 900_000, 1),
    maxBatchSize: whole("maxBatchSize", options.maxBatchSize ?? 1_000, 1),
    requestTimeoutMs: whole("requestTimeoutMs", options.requestTimeoutMs ?? 10_000, 1),
    deliveryTimeoutMs: whole("deliveryTimeoutMs", options.deliveryTimeoutMs ?? 60_000, 1),
    startTimeoutMs: whole("startTimeoutMs", options.startTimeoutMs ?? 30_000, 1),
  };
}

function whole(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw invalid(`${name} must be a whole number of at least ${least}, not ${value}`);
}

function invalid(what: string): SpillwayError {
  return new SpillwayError(`kafkaSink: ${what}.`, { code: "SPILLWAY_INVALID_OPTIONS", failureClass: "fatal" });
}
