import type { GetShardIteratorCommandInput, _Record } from "@aws-sdk/client-kinesis";
import type { LostMessages, StartPosition } from "@spillway/spec";
import { type KinesisMessage, type Taking, takeMessages } from "./kinesis-message.ts";
import { parsePosition, type ShardPosition } from "./shard-position.ts";

/** Where an iterator or a subscription is to begin, in the words of the SDK. */
export type IteratorStart = Pick<GetShardIteratorCommandInput, "ShardIteratorType" | "StartingSequenceNumber" | "Timestamp">;

/** What a page of records gave. */
export interface Advance {
  readonly messages: readonly KinesisMessage[];
  readonly lost: LostMessages | undefined;
}

/** Follows one reader through one shard: where it would have to begin again, and what it has seen already. */
export interface ShardCursor {
  /** Where to begin again, after the last message that was given. */
  start(): IteratorStart;
  /** Takes what was read from there; leaves out what was given before. */
  advance(records: readonly _Record[]): Advance;
}

/** How far this machine's clock may be ahead of the service's before a renewed reading from "latest" leaves something out. */
const clockSkewMs = 60_000;

/**
 * Begins at the last record itself, not after it: that is how the rest of an aggregated record is had, and how it shows whether the log still holds
 * the place where reading stopped.
 */
export function shardCursor(taking: Taking, from: StartPosition, nowMs: number): ShardCursor {
  let last: ShardPosition | undefined = from.at === "after" ? parsePosition(from.position) : undefined;
  /** The record that must come first, to be left out or to be gone on with; undefined once it has come. */
  let awaited: ShardPosition | undefined;
  /** The timestamp of the last record that was read; undefined while none was, as after a restart. */
  let lastAtMs: number | undefined;
  let begun = false;

  return {
    start() {
      const again = begun;
      begun = true;
      awaited = last;
      if (last !== undefined) return { ShardIteratorType: "AT_SEQUENCE_NUMBER", StartingSequenceNumber: last.sequenceNumber };
      if (from.at === "timestamp") return { ShardIteratorType: "AT_TIMESTAMP", Timestamp: new Date(from.timestampMs) };
      if (from.at === "earliest") return { ShardIteratorType: "TRIM_HORIZON" };
      // A second LATEST would leave out what came in between.
      return again ? { ShardIteratorType: "AT_TIMESTAMP", Timestamp: new Date(nowMs - clockSkewMs) } : { ShardIteratorType: "LATEST" };
    },

    advance(records) {
      const messages: KinesisMessage[] = [];
      const losses: LostMessages[] = [];
      let misplaced = 0;
      for (const record of records) {
        let given = 0;
        if (awaited !== undefined) {
          if (record.SequenceNumber === awaited.sequenceNumber)
            given = awaited.subSequence === undefined ? Infinity : awaited.subSequence + 1;
          else losses.push(gap(awaited, lastAtMs, timestampOf(record)));
          awaited = undefined;
        }
        misplaced += takeMessages(messages, record, given, taking);
      }
      const final = records.at(-1);
      if (final?.SequenceNumber !== undefined) last = { sequenceNumber: final.SequenceNumber, subSequence: undefined };
      lastAtMs = (final && timestampOf(final)) ?? lastAtMs;
      if (misplaced > 0) losses.push(leftOut(misplaced));
      return { messages, lost: together(losses) };
    },
  };
}

/** What one batch says of several losses: a number only where each has one. */
function together(losses: readonly LostMessages[]): LostMessages | undefined {
  const [first, second] = losses;
  if (first === undefined || second === undefined) return first;
  return { ...first, count: undefined, reason: `${first.reason}; and ${second.count ?? "some"} ${second.reason}` };
}

function leftOut(count: number): LostMessages {
  return {
    count,
    reason:
      'user records of aggregated records belong to another shard and were left out, as misplaced: "drop" asks: their producer stores them there',
  };
}

function gap({ sequenceNumber }: ShardPosition, afterMs: number | undefined, beforeMs: number | undefined): LostMessages {
  return {
    count: undefined,
    reason: `record ${sequenceNumber}, after which reading was to go on, is past the retention period: records behind it may be gone as well`,
    ...(afterMs !== undefined && { afterMs }),
    ...(beforeMs !== undefined && { beforeMs }),
  };
}

function timestampOf({ ApproximateArrivalTimestamp }: _Record): number | undefined {
  return ApproximateArrivalTimestamp?.getTime();
}
