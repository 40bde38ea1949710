import { SpillwayError, type Position, type StartPosition } from "@spillway/spec";

/** A message's position is its offset. */
export function positionOf(offset: number): Position {
  return String(offset) as Position;
}

/** The offset that a position names; -1 is the place before the first message. */
export function offsetOf(position: Position): number {
  const offset = Number(position);
  if (Number.isSafeInteger(offset) && offset >= -1) return offset;
  throw new SpillwayError(`"${position}" is no position of a Kafka partition: it must be an offset.`, {
    code: "SPILLWAY_FORMAT",
    failureClass: "fatal",
  });
}

/** The start at which the message of this offset is the first. */
export function startAt(offset: number): StartPosition {
  return { at: "after", position: positionOf(offset - 1) };
}
