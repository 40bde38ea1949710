import {
  endedByReturn,
  type LogBatch,
  type LogMessage,
  type LogSource,
  type PartitionId,
  type Payload,
  SpillwayError,
  type StartPosition,
} from "@spillway/spec";
import { messageOf, originalOf } from "../stored-message.ts";
import { memoryStores, type MemoryStores } from "../stores/memory-stores.ts";
import type { MemoryLog } from "./memory-log.ts";
import type { MemoryPartition } from "./memory-partition.ts";
import { offsetOf, positionOf } from "./positions.ts";

/** How a source of a log in memory is made. */
export interface MemorySourceOptions {
  readonly log: MemoryLog;
  /** Names the consumer: sources of one consumer that share stores share the work, different consumers each see every message. */
  readonly consumer: string;
  /** Where checkpoints and leases are; left out: stores of this source's own, gone when it is. */
  readonly stores?: MemoryStores;
  /** The most messages in one batch; left out: 500. */
  readonly maxBatchSize?: number;
}

/** A source of a log in memory. */
export type MemorySource = LogSource<Payload, { readonly kind: "log"; readonly keys: true }>;

/** How long a reader waits for messages before it gives an empty batch, in milliseconds. */
const idleBatchMs = 1_000;

/** Reads a log in memory. */
export function memorySource(options: MemorySourceOptions): MemorySource {
  const { log, consumer, stores = memoryStores(), maxBatchSize = 500 } = options;
  if (!Number.isInteger(maxBatchSize) || maxBatchSize < 1) {
    throw new SpillwayError(`maxBatchSize is ${maxBatchSize}: give a whole number from 1.`, {
      code: "SPILLWAY_INVALID_OPTIONS",
      failureClass: "fatal",
    });
  }

  return {
    kind: "log",
    name: log.name,
    traits: { kind: "log", keys: true },
    coordination: { by: "leases", consumer, leases: stores.leases, checkpoints: stores.checkpoints },
    partitions({ signal }) {
      return new Promise((resolve) => {
        signal.throwIfAborted();
        resolve(log.partitions());
      });
    },
    read(id, { from, signal }) {
      return endedByReturn(signal, (ended) => batches(log.partition(id), from, ended));
    },
    count(id, { from, until, signal }) {
      return new Promise((resolve) => {
        signal.throwIfAborted();
        const partition = log.partition(id);
        const held = (start: StartPosition): number => Math.max(startOffset(partition, start), partition.first());
        resolve({ is: "exactly", messages: Math.max(0, held(until) - held(from)) });
      });
    },
    original: originalOf,
  };

  async function* batches(partition: MemoryPartition, from: StartPosition, ended: AbortSignal): AsyncGenerator<LogBatch<Payload>, void> {
    let next = startOffset(partition, from); // so "latest" means when the first batch was asked for
    while (!ended.aborted) {
      const missing = partition.first() - next;
      if (missing > 0) {
        next = partition.first();
        yield { messages: [], lost: { count: missing, reason: "trimmed before it was read" } };
      } else if (next < partition.end()) {
        const until = Math.min(partition.end(), next + maxBatchSize);
        const messages = slice(partition, next, until);
        next = until;
        yield { messages, behindMs: behindMs(partition, until) };
      } else if (partition.closed()) {
        return;
      } else {
        const end = partition.end();
        await partition.bell.wait(idleBatchMs, ended);
        if (partition.end() === end && !partition.closed() && !ended.aborted) yield { messages: [], behindMs: 0 };
      }
    }
  }
}

function startOffset(partition: MemoryPartition, from: StartPosition): number {
  switch (from.at) {
    case "earliest":
      return partition.first();
    case "latest":
      return partition.end();
    case "after":
      return offsetOf(from.position, partition) + 1;
    case "timestamp": {
      let offset = partition.first();
      while (offset < partition.end() && (partition.at(offset)?.timestampMs ?? Infinity) < from.timestampMs) offset += 1;
      return offset;
    }
  }
}

function slice(partition: MemoryPartition, from: number, until: number): readonly LogMessage<Payload>[] {
  const messages: LogMessage<Payload>[] = [];
  for (let offset = from; offset < until; offset += 1) {
    const stored = partition.at(offset);
    if (stored !== undefined) messages.push(messageOf(idOf(partition.id, offset), stored, { position: positionOf(offset) }));
  }
  return messages;
}

function idOf(partition: PartitionId, offset: number): string {
  return `${partition}/${offset}`;
}

function behindMs(partition: MemoryPartition, next: number): number {
  const newest = partition.at(partition.end() - 1)?.timestampMs ?? 0;
  const given = partition.at(next - 1)?.timestampMs ?? newest;
  return Math.max(0, newest - given);
}
