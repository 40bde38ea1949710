import { SpillwayError, type Position } from "@spillway/spec";

/** A place in a shard: a record, and within an aggregated record one of its user records, counted from 0. */
export interface ShardPosition {
  readonly sequenceNumber: string;
  /** Undefined for a record that is not aggregated. */
  readonly subSequence: number | undefined;
}

/** The position of a user record within an aggregated record. */
export function subPosition(sequenceNumber: string, subSequence: number): Position {
  return `${sequenceNumber}:${subSequence}` as Position;
}

/** Reads a position that a message of this source carried. */
export function parsePosition(position: Position): ShardPosition {
  const [, sequenceNumber, subSequence] = /^(\d+)(?::(\d+))?$/.exec(position) ?? [];
  if (sequenceNumber === undefined) {
    throw new SpillwayError(`"${position}" is not a position of a Kinesis shard; a checkpoint of another source cannot be used here.`, {
      code: "SPILLWAY_FORMAT",
      failureClass: "fatal",
    });
  }
  return { sequenceNumber, subSequence: subSequence === undefined ? undefined : Number(subSequence) };
}
