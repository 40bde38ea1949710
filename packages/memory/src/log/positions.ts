import { SpillwayError, type Position } from "@spillway/spec";
import type { MemoryPartition } from "./memory-partition.ts";

/** A position is the message's offset as a decimal string. */
export function positionOf(offset: number): Position {
  return String(offset) as Position;
}

/**
 * The offset that a position stands for. Throws SPILLWAY_FORMAT when the partition never gave that position out: reading on from it would skip
 * messages, so it is refused.
 */
export function offsetOf(position: Position, partition: MemoryPartition): number {
  const offset = /^\d{1,15}$/.test(position) ? Number(position) : undefined;
  if (offset !== undefined && offset < partition.end()) return offset;
  throw new SpillwayError(
    `The position ${JSON.stringify(position)} is not one of partition ${partition.id}, whose next is ${partition.end()}. ` +
      "The checkpoint is damaged or belongs to another log: give the consumer another name, or reset it to earliest.",
    { code: "SPILLWAY_FORMAT", failureClass: "fatal" },
  );
}
