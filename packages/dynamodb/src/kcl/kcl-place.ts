import { SpillwayError, type Checkpoint, type StartPosition } from "@spillway/spec";

/** How far a shard is, as a row of the Kinesis Client Library has it. */
export interface KclPlace {
  /** A sequence number, or one of the library's words: TRIM_HORIZON, LATEST, AT_TIMESTAMP, SHARD_END. */
  readonly checkpoint: string;
  /** The user record within an aggregated record, counted from 0; 0 for everything else. */
  readonly subSequence: string;
}

/** A checkpoint in the library's words. A time is not among them: of that only AT_TIMESTAMP is left. */
export function placeOf(checkpoint: Checkpoint): KclPlace {
  return checkpoint.state === "finished" ? shardEnd : placeOfStart(checkpoint.from);
}

/** A start position in the library's words. */
export function placeOfStart(from: StartPosition): KclPlace {
  if (from.at === "earliest") return { checkpoint: "TRIM_HORIZON", subSequence: "0" };
  if (from.at === "latest") return { checkpoint: "LATEST", subSequence: "0" };
  if (from.at === "timestamp") return { checkpoint: "AT_TIMESTAMP", subSequence: "0" };
  const [, checkpoint, subSequence = "0"] = /^(\d+)(?::(\d+))?$/.exec(from.position) ?? [];
  if (checkpoint !== undefined) return { checkpoint, subSequence };
  throw new SpillwayError(
    `The position "${from.position}" is none of a Kinesis shard, and only those can be kept in the library's layout.`,
    {
      code: "SPILLWAY_INVALID_OPTIONS",
      failureClass: "fatal",
    },
  );
}

/** Every record of the shard is processed. */
export const shardEnd: KclPlace = { checkpoint: "SHARD_END", subSequence: "0" };

/** Whether two rows say the same. */
export function isSamePlace(one: KclPlace, other: KclPlace): boolean {
  return one.checkpoint === other.checkpoint && one.subSequence === other.subSequence;
}
