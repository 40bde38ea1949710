import type { GetShardIteratorCommandInput, _Record } from "@aws-sdk/client-dynamodb-streams";
import type { Position, StartPosition } from "@spillway/spec";

/** Where an iterator is to begin, in the words of the SDK. */
export type IteratorStart = Pick<GetShardIteratorCommandInput, "ShardIteratorType" | "SequenceNumber">;

/** Follows one reader through one shard: where it would have to begin again, and what it must leave out. */
export interface StreamCursor {
  /** Where to begin again, after the last record that was given. */
  start(): IteratorStart;
  /** When the last record that was read was made, in milliseconds; undefined while none was, as after a restart. */
  readonly lastAtMs: number | undefined;
  /** Begins at the oldest record from now on: what came before it was trimmed. */
  skipToOldest(): void;
  /** Takes what was read from there; leaves out what is older than the time that was asked for. */
  advance(records: readonly _Record[]): readonly _Record[];
}

/** How far this machine's clock may be ahead of the service's before a renewed reading from "latest" leaves something out. */
const clockSkewMs = 60_000;

/**
 * A cursor for this start. DynamoDB knows no start at a time: there the shard is read from its oldest record, and older ones are left out, judged by
 * whole seconds as the service has them.
 */
export function streamCursor(from: StartPosition, nowMs: number): StreamCursor {
  let last: Position | undefined = from.at === "after" ? from.position : undefined;
  let notBeforeMs = from.at === "timestamp" ? wholeSeconds(from.timestampMs) : undefined;
  let begun = false;
  let lastAtMs: number | undefined;

  return {
    get lastAtMs() {
      return lastAtMs;
    },
    start() {
      if (last !== undefined) return { ShardIteratorType: "AFTER_SEQUENCE_NUMBER", SequenceNumber: last };
      const again = begun;
      begun = true;
      if (from.at !== "latest") return { ShardIteratorType: "TRIM_HORIZON" };
      if (!again) return { ShardIteratorType: "LATEST" };
      // Before a record has come, a second LATEST would leave out what came in between.
      notBeforeMs = wholeSeconds(nowMs - clockSkewMs);
      return { ShardIteratorType: "TRIM_HORIZON" };
    },
    skipToOldest() {
      last = undefined;
    },
    advance(records) {
      const kept = records.filter(
        ({ dynamodb }) => notBeforeMs === undefined || (dynamodb?.ApproximateCreationDateTime?.getTime() ?? Infinity) >= notBeforeMs,
      );
      const final = records.at(-1)?.dynamodb;
      if (final?.SequenceNumber !== undefined) last = final.SequenceNumber as Position;
      lastAtMs = final?.ApproximateCreationDateTime?.getTime() ?? lastAtMs;
      return kept;
    },
  };
}

function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1_000) * 1_000;
}
