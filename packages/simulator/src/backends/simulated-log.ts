import type { PartitionId } from "@spillway/spec";
import { hashOf } from "../time/random.ts";
import type { Unit } from "../referee/unit.ts";

/** One partition of a simulated log: a range of key hashes, and a list of messages that ends when it is split or merged. */
export interface SimulatedPartition {
  readonly id: PartitionId;
  readonly parents: readonly PartitionId[];
  readonly fromHash: number;
  /** The first hash beyond its range. */
  readonly untilHash: number;
  readonly messages: Unit[];
  /** How many of the oldest messages it has dropped. */
  trimmedTo: number;
  closed: boolean;
}

const hashes = 0x1_0000;

/** A partitioned log with parents and children, as Kinesis has it. */
export class SimulatedLog {
  readonly name: string;
  readonly partitions: Map<PartitionId, SimulatedPartition> = new Map<PartitionId, SimulatedPartition>();
  readonly #waiting = new Map<PartitionId, (() => void)[]>();
  #made = 0;

  constructor(name: string, partitions: number) {
    this.name = name;
    for (let index = 0; index < partitions; index++) {
      this.#make([], Math.floor((hashes * index) / partitions), Math.floor((hashes * (index + 1)) / partitions));
    }
  }

  /** The open partition for a key; any of them without one. */
  partitionOf(key: string | undefined, index: number): SimulatedPartition {
    const hash = hashOf(7, key ?? `${index}`) % hashes;
    for (const partition of this.partitions.values()) {
      if (!partition.closed && hash >= partition.fromHash && hash < partition.untilHash) return partition;
    }
    throw new Error(`no open partition for the hash ${hash}`);
  }

  append(partition: SimulatedPartition, unit: Unit): void {
    partition.messages.push(unit);
    this.#wake(partition.id);
  }

  /** Splits the open partition with this number, counted modulo their count; what comes later goes to its children. */
  split(number: number): SimulatedPartition | undefined {
    const partition = this.#open(number);
    if (partition === undefined || partition.untilHash - partition.fromHash < 2) return undefined;
    const middle = (partition.fromHash + partition.untilHash) >> 1;
    this.#close(partition);
    this.#make([partition.id], partition.fromHash, middle);
    this.#make([partition.id], middle, partition.untilHash);
    return partition;
  }

  /** Merges two open partitions whose ranges touch; undefined when there are none. */
  merge(number: number): readonly SimulatedPartition[] | undefined {
    const partition = this.#open(number);
    const next = [...this.partitions.values()].find((other) => !other.closed && other.fromHash === partition?.untilHash);
    if (partition === undefined || next === undefined) return undefined;
    this.#close(partition);
    this.#close(next);
    this.#make([partition.id, next.id], partition.fromHash, next.untilHash);
    return [partition, next];
  }

  /** Drops the older half of what a partition still has. Undefined when it has nothing. */
  trim(number: number): SimulatedPartition | undefined {
    const some = [...this.partitions.values()].filter(({ messages, trimmedTo }) => messages.length > trimmedTo);
    const partition = some[number % Math.max(1, some.length)];
    if (partition === undefined) return undefined;
    partition.trimmedTo += Math.ceil((partition.messages.length - partition.trimmedTo) / 2);
    this.#wake(partition.id);
    return partition;
  }

  /** Calls once when the partition has changed. */
  onChange(id: PartitionId, wake: () => void): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) this.#waiting.set(id, [wake]);
    else waiting.push(wake);
  }

  #open(number: number): SimulatedPartition | undefined {
    const open = [...this.partitions.values()].filter(({ closed }) => !closed);
    return open[number % open.length];
  }

  #close(partition: SimulatedPartition): void {
    partition.closed = true;
    this.#wake(partition.id);
  }

  #make(parents: readonly PartitionId[], fromHash: number, untilHash: number): void {
    const id = `p${this.#made++}` as PartitionId;
    this.partitions.set(id, { id, parents, fromHash, untilHash, messages: [], trimmedTo: 0, closed: false });
  }

  #wake(id: PartitionId): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    for (const wake of waiting) wake();
  }
}
