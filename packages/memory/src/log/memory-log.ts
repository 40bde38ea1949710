import {
  SpillwayError,
  systemClock,
  type Clock,
  type OutgoingMessage,
  type Partition,
  type PartitionId,
  type Payload,
  type Position,
} from "@spillway/spec";
import { keyText, storedMessage } from "../stored-message.ts";
import { memoryPartition, type HashRange, type MemoryPartition } from "./memory-partition.ts";
import { offsetOf, positionOf } from "./positions.ts";

/** How a log in memory is made. */
export interface MemoryLogOptions {
  readonly name: string;
  /** How many partitions it begins with; left out: 1. */
  readonly partitions?: number;
  /** The most messages that a partition keeps; older ones are dropped, and readers are told. Left out: all, until `trim`. */
  readonly retainMessages?: number;
  /** The largest payload, in bytes; left out: no limit. */
  readonly maxMessageBytes?: number;
  /** Left out: the system's clock. */
  readonly clock?: Clock;
}

/** Where an appended message is. */
export interface Appended {
  readonly partition: PartitionId;
  readonly position: Position;
}

/** A partitioned log in memory: it holds what was appended until that is trimmed, or until the process ends. */
export interface MemoryLog {
  readonly name: string;
  readonly clock: Clock;
  /**
   * Appends all messages or, throwing SPILLWAY_OVERSIZE, none: those of one key in their order to the partition whose share of the hashes the key
   * falls in, those without a key in turn. Returns where each is.
   */
  append(messages: readonly OutgoingMessage<Payload>[]): readonly Appended[];
  /** All partitions, closed ones included. */
  partitions(): readonly Partition[];
  /** Closes an open partition and shares its hashes out to two children. Returns these. */
  split(partition: PartitionId): readonly [PartitionId, PartitionId];
  /** Closes two open partitions whose shares of the hashes touch, and gives both shares to one child. Returns it. */
  merge(one: PartitionId, other: PartitionId): PartitionId;
  /** Closes an open partition without a child; a log whose partitions are all closed takes no messages. */
  close(partition: PartitionId): void;
  /** Drops a partition's messages up to and including this position, as retention would. */
  trim(partition: PartitionId, through: Position): void;
  /** The partition itself, for the log's readers. Throws SPILLWAY_CONFLICT when there is none of this name. */
  partition(id: PartitionId): MemoryPartition;
}

/** Makes an empty log. */
export function memoryLog(options: MemoryLogOptions): MemoryLog {
  const { name, partitions: count = 1, retainMessages = Infinity, maxMessageBytes = Infinity, clock = systemClock } = options;
  if (!Number.isInteger(count) || count < 1) {
    throw new SpillwayError(`The log ${name} was given ${count} partitions: give a whole number from 1.`, invalid);
  }
  if (!(retainMessages >= 1))
    throw new SpillwayError(`The log ${name} cannot retain ${retainMessages} messages: give at least 1.`, invalid);
  const all = new Map<PartitionId, MemoryPartition>();
  let openPartitions: readonly MemoryPartition[] = [];
  let keyless = 0;

  function add(range: HashRange, parents: readonly PartitionId[]): PartitionId {
    const id = `${name}-${all.size}` as PartitionId;
    all.set(id, memoryPartition({ id, parents, range }, retainMessages, clock));
    findOpen();
    return id;
  }

  function findOpen(): void {
    openPartitions = [...all.values()].filter((each) => !each.closed());
  }

  function open(id: PartitionId): MemoryPartition {
    const found = partition(id);
    if (found.closed()) throw conflict(`The partition ${id} of the log ${name} is closed already; use one that is open.`);
    return found;
  }

  function partition(id: PartitionId): MemoryPartition {
    const found = all.get(id);
    if (found === undefined) throw conflict(`The log ${name} has no partition ${id}; list its partitions again.`);
    return found;
  }

  function partitionFor(key: string | undefined): MemoryPartition {
    const hash = key === undefined ? undefined : hashOf(key);
    const found =
      hash === undefined
        ? openPartitions[keyless++ % Math.max(1, openPartitions.length)]
        : openPartitions.find(({ range }) => range.low <= hash && hash < range.high);
    if (found === undefined)
      throw conflict(`The log ${name} has no open partition for this message; keep one open, or split instead of closing.`);
    return found;
  }

  for (let n = 0; n < count; n += 1) add({ low: Math.floor((n * hashes) / count), high: Math.floor(((n + 1) * hashes) / count) }, []);

  return {
    name,
    clock,
    append(messages) {
      const timestampMs = clock.nowMs();
      const placed = messages.map((message) => ({
        message: storedMessage(message, timestampMs, maxMessageBytes),
        partition: partitionFor(keyText(message.key)),
      }));
      return placed.map(({ message, partition }) => ({ partition: partition.id, position: positionOf(partition.append(message)) }));
    },
    partitions: () => [...all.values()].map(({ id, parents }) => ({ id, parents })),
    split(id) {
      const parent = open(id);
      const { low, high } = parent.range;
      const middle = Math.floor((low + high) / 2);
      if (middle === low) throw conflict(`The partition ${id} of the log ${name} is too narrow to be split.`);
      parent.close();
      return [add({ low, high: middle }, [id]), add({ low: middle, high }, [id])];
    },
    merge(one, other) {
      const parents = [open(one), open(other)].sort((a, b) => a.range.low - b.range.low);
      const [left, right] = parents;
      if (left === undefined || right === undefined || left.range.high !== right.range.low) {
        throw conflict(
          `The partitions ${one} and ${other} of the log ${name} are not neighbours; merge two whose shares of the keys touch.`,
        );
      }
      for (const parent of parents) parent.close();
      return add({ low: left.range.low, high: right.range.high }, [one, other]);
    },
    close(id) {
      open(id).close();
      findOpen();
    },
    trim(id, through) {
      const trimmed = partition(id);
      trimmed.trimBefore(offsetOf(through, trimmed) + 1);
    },
    partition,
  };
}

const hashes = 2 ** 32;
const invalid = { code: "SPILLWAY_INVALID_OPTIONS", failureClass: "fatal" } as const;

function conflict(message: string): SpillwayError {
  return new SpillwayError(message, { code: "SPILLWAY_CONFLICT", failureClass: "permanent" });
}

/** FNV-1a over UTF-16 units, then mixed: short keys that differ in their last letter must not all fall into one partition. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
