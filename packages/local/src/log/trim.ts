import type { Position } from "@spillway/spec";
import type { Database } from "../storage/environment.ts";
import { blocksFrom, lastSequenceOf } from "./block-keys.ts";
import type { StoredLog } from "./log-definition.ts";
import { readState, writeState } from "./partition-state.ts";
import { sequenceOf } from "./positions.ts";

// Bounds how long one transaction keeps other writers waiting.
const maxDropsPerWrite = 500;

/**
 * Drops a partition's messages up to and including a position, within one or more writes. Returns whether all of them are gone. Space comes back
 * block by block.
 */
export function trimLog(database: Database, log: StoredLog, partition: number, through: Position): boolean {
  const state = readState(database, log.id, partition);
  const wanted = sequenceOf(log, partition, state, through) + 1;
  if (wanted < state.firstSequence) return true;
  let { bytes, firstSequence } = state;
  const dropped: Buffer[] = [];
  for (const { key, value } of database.range({ ...blocksFrom(log.id, partition, firstSequence), limit: maxDropsPerWrite })) {
    if (lastSequenceOf(key) >= wanted) break;
    bytes -= value.length;
    firstSequence = lastSequenceOf(key) + 1;
    dropped.push(key);
  }
  const finished = dropped.length < maxDropsPerWrite;
  for (const key of dropped) database.remove(key);
  writeState(database, log.id, partition, { ...state, bytes, firstSequence: finished ? wanted : firstSequence });
  return finished;
}
