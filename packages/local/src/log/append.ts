import type { Database } from "../storage/environment.ts";
import { blockKey } from "./block-keys.ts";
import { placeBlock, type PreparedBlock } from "./block.ts";
import type { StoredLog } from "./log-definition.ts";
import { readState, writeState } from "./partition-state.ts";
import { applyRetention } from "./retention.ts";

/** Appends blocks to one partition, within a write. Returns the sequence of their first message; the others follow it without a gap. */
export function appendBlocks(
  database: Database,
  log: StoredLog,
  partition: number,
  blocks: readonly PreparedBlock[],
  nowMs: number,
): number {
  const before = readState(database, log.id, partition);
  // A clock that was set back must not make the log's times go back: reading from a timestamp relies on their order.
  const timestampMs = Math.max(Math.floor(nowMs), before.lastTimestampMs);
  let { nextSequence, bytes } = before;
  for (const block of blocks) {
    const value = placeBlock(block, nextSequence, timestampMs);
    nextSequence += block.count;
    bytes += value.length;
    database.put(blockKey(log.id, partition, nextSequence - 1), value);
  }
  const grown = { ...before, nextSequence, bytes, lastTimestampMs: timestampMs };
  writeState(database, log.id, partition, applyRetention(database, log, partition, grown, timestampMs));
  return before.nextSequence;
}
