import { SpillwayError } from "@spillway/spec";
import type { Kafka } from "kafkajs";
import type { KafkaTransactions } from "./kafka-transactions.ts";

/** What a Kafka source reads, as whom, and how much at once. */
export interface KafkaSourceOptions {
  /** The kafkajs client: its broker addresses, ssl, sasl, clientId and timeouts are used. It stays yours, and needs no connecting. */
  readonly client: Kafka;
  /** A topic, a pattern of topics, or several of them. Topics that come to match a pattern are read too. */
  readonly topic: string | RegExp | readonly (string | RegExp)[];
  /** The consumer group: processes with the same one share the partitions. */
  readonly groupId: string;
  /** Names the source in events and dead letters. Default: the topics. */
  readonly name?: string;
  /** After how long without a word a process counts as dead and its partitions go to others. Default: 15,000. */
  readonly sessionTimeoutMs?: number;
  /** How often the group is told that this process lives, and so how soon a rebalance is noticed. Default: 1,000. */
  readonly heartbeatIntervalMs?: number;
  /** How long the group waits for its members to join again in a rebalance. Default: 60,000. */
  readonly rebalanceTimeoutMs?: number;
  /** How long a partition that moves may take to finish what has started, before it is lost. Default: 30,000. */
  readonly drainTimeoutMs?: number;
  /** How often new partitions and topics are looked for. Default: 30,000. */
  readonly metadataMaxAgeMs?: number;
  /** How long a broker waits for new messages before it answers that there are none. Default: 250. */
  readonly maxWaitMs?: number;
  /** How much is fetched of a partition at once. Default: 1 MiB. */
  readonly maxBytesPerPartition?: number;
  /** How much is fetched from a broker at once. Default: 8 MiB. */
  readonly maxBytes?: number;
  /** How much may wait, fetched and not yet asked for, in all partitions together. Default: 32 MiB. */
  readonly maxQueuedBytes?: number;
  /** How long no broker may answer at the very start before that is fatal. Default: 30,000. */
  readonly startTimeoutMs?: number;
  /** How long a topic may be missing in mid-run, as it is while it is made anew, before that is fatal. Default: 30,000. */
  readonly missingTopicTimeoutMs?: number;
  /** Commits the offsets together with what the pipeline's sinks of the same transactions are given. Default: none, offsets are committed alone. */
  readonly transactions?: KafkaTransactions;
  /** Hears of what is odd and not an error, such as foreign offset metadata. Default: process.emitWarning. */
  readonly onWarning?: (message: string) => void;
}

/** The options with their defaults, checked. */
export interface ResolvedSourceOptions {
  readonly topics: readonly (string | RegExp)[];
  readonly name: string;
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly drainTimeoutMs: number;
  readonly metadataMaxAgeMs: number;
  readonly maxWaitMs: number;
  readonly maxBytesPerPartition: number;
  readonly maxBytes: number;
  readonly maxQueuedBytes: number;
  readonly startTimeoutMs: number;
  readonly missingTopicTimeoutMs: number;
  readonly warn: (message: string) => void;
}

/** Fills in the defaults; throws when an option cannot work. */
export function resolveSourceOptions(options: KafkaSourceOptions): ResolvedSourceOptions {
  const topics = typeof options.topic === "string" || options.topic instanceof RegExp ? [options.topic] : options.topic;
  if (topics.length === 0 || topics.includes("")) throw invalid("topic must name a topic, a pattern, or several");
  if (options.groupId === "") throw invalid("groupId must not be empty");
  const resolved: ResolvedSourceOptions = {
    topics,
    name: options.name ?? topics.map(String).join(","),
    sessionTimeoutMs: positive("sessionTimeoutMs", options.sessionTimeoutMs ?? 15_000),
    heartbeatIntervalMs: positive("heartbeatIntervalMs", options.heartbeatIntervalMs ?? 1_000),
    rebalanceTimeoutMs: positive("rebalanceTimeoutMs", options.rebalanceTimeoutMs ?? 60_000),
    drainTimeoutMs: positive("drainTimeoutMs", options.drainTimeoutMs ?? 30_000),
    metadataMaxAgeMs: positive("metadataMaxAgeMs", options.metadataMaxAgeMs ?? 30_000),
    maxWaitMs: positive("maxWaitMs", options.maxWaitMs ?? 250),
    maxBytesPerPartition: positive("maxBytesPerPartition", options.maxBytesPerPartition ?? 1024 * 1024),
    maxBytes: positive("maxBytes", options.maxBytes ?? 8 * 1024 * 1024),
    maxQueuedBytes: positive("maxQueuedBytes", options.maxQueuedBytes ?? 32 * 1024 * 1024),
    startTimeoutMs: positive("startTimeoutMs", options.startTimeoutMs ?? 30_000),
    missingTopicTimeoutMs: positive("missingTopicTimeoutMs", options.missingTopicTimeoutMs ?? 30_000),
    warn: options.onWarning ?? ((message) => process.emitWarning(message, "SpillwayKafkaWarning")),
  };
  if (resolved.heartbeatIntervalMs * 2 > resolved.sessionTimeoutMs) {
    throw invalid("heartbeatIntervalMs must be at most half of sessionTimeoutMs, or one late heartbeat costs the membership");
  }
  return resolved;
}

function positive(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw invalid(`${name} must be a whole number above 0, not ${value}`);
}

function invalid(what: string): SpillwayError {
  return new SpillwayError(`kafkaSource: ${what}.`, { code: "SPILLWAY_INVALID_OPTIONS", failureClass: "fatal" });
}
