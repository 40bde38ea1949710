import type { PartitionId, Position } from "@spillway/spec";
import { badFormat, invalidOptions } from "../failures.ts";
import type { StoredLog } from "./log-definition.ts";
import type { PartitionState } from "./partition-state.ts";

/** The id of a partition: its number. */
export function partitionId(partition: number): PartitionId {
  return String(partition) as PartitionId;
}

/** The number of a partition; throws when the log has no such partition. */
export function partitionNumber(log: StoredLog, id: PartitionId): number {
  const number = Number(id);
  if (String(number) !== id || !Number.isInteger(number) || number < 0 || number >= log.partitions) {
    throw invalidOptions(`The log "${log.name}" has the partitions 0 to ${log.partitions - 1}, not "${id}".`);
  }
  return number;
}

/** The position of a message: its sequence, in decimal. */
export function positionOf(sequence: number): Position {
  return String(sequence) as Position;
}

/** The sequence of a position; throws when the partition never gave it. */
export function sequenceOf(log: StoredLog, partition: number, state: PartitionState, position: Position): number {
  const sequence = Number(position);
  if (String(sequence) !== position || !Number.isSafeInteger(sequence) || sequence < 0 || sequence >= state.nextSequence) {
    throw badFormat(
      `"${position}" is not a position of partition ${partition} of the log "${log.name}", which has given positions below ${state.nextSequence}. ` +
        `A checkpoint of another log? Give the consumer another name, or begin at "earliest".`,
    );
  }
  return sequence;
}
