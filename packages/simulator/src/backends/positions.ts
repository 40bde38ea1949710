import type { PartitionId, Position } from "@spillway/spec";

/** The position of a place in a partition: a text that says nothing about order, because the engine must not look for any. */
export function positionOf(partition: PartitionId | string, offset: number): Position {
  return `${(offset * 7_919) % 100_003}/${partition}/${offset}` as Position;
}

/** The place that a position names. */
export function offsetOf(position: Position): number {
  return Number(position.slice(position.lastIndexOf("/") + 1));
}
