import type { OutgoingMessage, PartitionId, Payload, Position } from "@spillway/spec";
import { invalidOptions } from "./failures.ts";
import { appender, type Appended } from "./log/append-messages.ts";
import { defineLog, requireLog } from "./log/log-definition.ts";
import { partitionId, partitionNumber } from "./log/positions.ts";
import { readState } from "./log/partition-state.ts";
import type { Retention } from "./log/retention.ts";
import { topicOf } from "./log/topic.ts";
import { trimLog } from "./log/trim.ts";
import { requireNamed, type LocalStore } from "./open-local.ts";
import { requireInteger, requireKnown } from "./options.ts";

/** Names a log, and says what it is like if it is to be created. */
export interface OpenLogOptions {
  readonly store: LocalStore;
  /** The log's name, at most 255 bytes. */
  readonly log: string;
  /** How many partitions it has, at most 1,024; it never changes. May be left out where the log exists. */
  readonly partitions?: number;
  /** What it keeps. Left out: as before, and everything at first. Named: from now on, for all who append. */
  readonly retention?: Retention;
}

/** A durable, partitioned log. */
export interface LocalLog {
  readonly name: string;
  /** The number of partitions; their ids are "0" up to one less. */
  readonly partitions: number;
  /**
   * Appends messages, at most 10,000, in their order within each partition. A key decides its partition for good; messages without one are spread.
   * Resolves with one result for each message, in order, when all that are ok are as durable as the store promises. Messages that can never be
   * stored fail with SPILLWAY_OVERSIZE or SPILLWAY_INVALID_OPTIONS, the others do not mind. A rejection leaves it unknown whether all of them
   * were appended or none.
   */
  append(messages: readonly OutgoingMessage<Payload>[], options?: AppendOptions): Promise<readonly Appended[]>;
  /** Drops a partition's messages up to and including this position. Readers that had not come so far are told how many they lost. */
  trim(partition: PartitionId, through: Position): Promise<void>;
  /** Resolves to how far each partition has grown. */
  state(): Promise<readonly LogPartitionState[]>;
}

/** How messages are appended. */
export interface AppendOptions {
  /** The partition of all of them, whatever their keys. */
  readonly partition?: PartitionId;
  readonly signal?: AbortSignal;
}

/** One partition at one moment. */
export interface LogPartitionState {
  readonly partition: PartitionId;
  /** How many messages were ever appended: also the position that the next one will have. */
  readonly appended: number;
  /** How many of them are still held. */
  readonly held: number;
  /** What the held ones take, in bytes. */
  readonly bytes: number;
}

const maxPartitions = 1_024;

/**
 * Opens a log, or creates it. Rejects with SPILLWAY_INVALID_OPTIONS where it exists with another number of partitions, or does not exist and no
 * number was given.
 */
export async function openLog(options: OpenLogOptions): Promise<LocalLog> {
  const access = requireNamed("openLog", options, "log", ["partitions", "retention"]);
  const { log: name, partitions, retention } = options;
  if (partitions !== undefined) requireInteger("partitions", partitions, 1, maxPartitions);
  if (retention !== undefined) requireRetention(retention);
  const log = await access.write((database) => defineLog(database, name, partitions, retention));
  const append = appender(access, name);
  return {
    name,
    partitions: log.partitions,
    append: async (messages, { partition, signal } = {}) =>
      append(messages, { partition: partition === undefined ? undefined : partitionNumber(log, partition), signal }),
    async trim(id, through) {
      const partition = partitionNumber(log, id);
      const trim = (): Promise<boolean> => access.write((database) => trimLog(database, requireLog(database, name), partition, through));
      while (!(await trim()));
      // LMDB gives freed pages to the transaction after the next: on a full disk, there would otherwise be no room for that one.
      await trim();
      access.changes.notify(topicOf(log, partition));
    },
    state: () =>
      access.read((database) =>
        Array.from({ length: log.partitions }, (_, partition) => stateOf(readState(database, log.id, partition), partition)),
      ),
  };
}

function stateOf(state: ReturnType<typeof readState>, partition: number): LogPartitionState {
  const { nextSequence, firstSequence, bytes } = state;
  return { partition: partitionId(partition), appended: nextSequence, held: nextSequence - firstSequence, bytes };
}

function requireRetention(retention: Retention): void {
  requireKnown("retention", retention, ["maxAgeMs", "maxBytesPerPartition"]);
  const { maxAgeMs, maxBytesPerPartition } = retention;
  if (maxAgeMs === undefined && maxBytesPerPartition === undefined)
    throw invalidOptions("retention says nothing: give maxAgeMs or maxBytesPerPartition.");
  if (maxAgeMs !== undefined) requireInteger("retention.maxAgeMs", maxAgeMs, 1, Number.MAX_SAFE_INTEGER);
  if (maxBytesPerPartition !== undefined)
    requireInteger("retention.maxBytesPerPartition", maxBytesPerPartition, 1, Number.MAX_SAFE_INTEGER);
}
