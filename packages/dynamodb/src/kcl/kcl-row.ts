import { SpillwayError, type Checkpoint, type PartitionId, type Position, type StartPosition } from "@spillway/spec";
import type { Item } from "../attributes.ts";
import { isLease } from "./kcl-layout.ts";
import type { KclPlace } from "./kcl-place.ts";

/** One lease of the Kinesis Client Library, as its table has it (versions 1 to 3). */
export interface KclRow extends KclPlace {
  readonly shard: PartitionId;
  /** Changes with everything that a living worker does. */
  readonly counter: string;
}

/** The lease in a row; undefined for a row of another stream, or of another kind: version 3 may keep those in the same table. */
export function kclRow(item: Item, streamName: string): KclRow | undefined {
  if (!isLease(item)) return undefined;
  if (item.streamName?.S !== undefined && item.streamName.S !== streamName) return undefined;
  return kclLease(item);
}

/** The lease in a row that is one. */
export function kclLease(item: Item): KclRow {
  const shard = item.shardId?.S ?? item.leaseKey?.S;
  const checkpoint = item.checkpoint?.S;
  const counter = item.leaseCounter?.N;
  if (shard === undefined || checkpoint === undefined || counter === undefined) {
    throw unreadable(
      `The row ${item.leaseKey?.S ?? "?"} lacks leaseKey, checkpoint or leaseCounter: this is no lease table of the Kinesis Client Library.`,
    );
  }
  return {
    shard: shard as PartitionId,
    counter,
    checkpoint,
    subSequence: item.checkpointSubSequenceNumber?.N ?? "0",
  };
}

/** What a row says, as a checkpoint of ours. A sub-sequence number of 0 also stands for a record that is not aggregated; the source knows which. */
export function kclCheckpoint({ shard, checkpoint, subSequence }: KclRow, startTimestampMs: number | undefined): Checkpoint {
  if (checkpoint === "SHARD_END") return { state: "finished" };
  if (checkpoint === "TRIM_HORIZON") return reading({ at: "earliest" });
  if (checkpoint === "LATEST") return reading({ at: "latest" });
  if (checkpoint === "AT_TIMESTAMP") {
    if (startTimestampMs !== undefined) return reading({ at: "timestamp", timestampMs: startTimestampMs });
    throw unreadable(`Shard ${shard} was to begin at a time, which the table does not hold: pass startTimestampMs.`);
  }
  if (/^\d+$/.test(checkpoint)) return reading({ at: "after", position: `${checkpoint}:${subSequence}` as Position });
  throw unreadable(`The checkpoint "${checkpoint}" of shard ${shard} is none that the Kinesis Client Library writes.`);
}

/** A checkpoint with nothing done beyond its start. */
export function reading(from: StartPosition): Checkpoint {
  return { state: "reading", from, done: [], attempting: undefined };
}

function unreadable(message: string): SpillwayError {
  return new SpillwayError(message, { code: "SPILLWAY_FORMAT", failureClass: "fatal" });
}
