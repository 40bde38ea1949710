import type { StartPosition } from "@spillway/spec";
import type { Database } from "../storage/environment.ts";
import { blocksFrom, lastSequenceOf, missingBlock } from "./block-keys.ts";
import { firstSequenceOf, timestampOf } from "./block.ts";
import type { StoredLog } from "./log-definition.ts";
import type { PartitionState } from "./partition-state.ts";
import { sequenceOf } from "./positions.ts";

/** The sequence of the first message that a start position asks for. */
export function firstSequenceFor(
  database: Database,
  log: StoredLog,
  partition: number,
  state: PartitionState,
  from: StartPosition,
): number {
  switch (from.at) {
    case "earliest":
      return state.firstSequence;
    case "latest":
      return state.nextSequence;
    case "after":
      return sequenceOf(log, partition, state, from.position) + 1;
    case "timestamp":
      return firstSince(database, log, partition, state, from.timestampMs);
  }
}

/** Halves the partition again and again: the times of its blocks never go back. */
function firstSince(database: Database, log: StoredLog, partition: number, state: PartitionState, timestampMs: number): number {
  let low = state.firstSequence;
  let high = state.nextSequence;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    // The block that holds the middle; its messages share one time, so all of them are before the answer or none is.
    const [entry] = database.range({ ...blocksFrom(log.id, partition, middle), limit: 1 });
    if (entry === undefined) throw missingBlock(log, partition, middle);
    if (timestampOf(entry.value) < timestampMs) low = lastSequenceOf(entry.key) + 1;
    else high = Math.min(middle, firstSequenceOf(entry.value));
  }
  return low;
}
