import type { Position } from "@spillway/spec";
import type { Database } from "../storage/environment.ts";
import { blocksFrom, lastSequenceOf } from "./block-keys.ts";
import type { StoredLog } from "./log-definition.ts";
import { readState, writeState } from "./partition-state.ts";
import { sequenceOf } from "./positions.ts";

/** Drops a partition's messages up to and including a position, within a write. Space comes back block by block. */
export function trimLog(database: Database, log: StoredLog, partition: number, through: Position): void {
  const state = readState(database, log.id, partition);
  const firstSequence = sequenceOf(log, partition, state, through) + 1;
  if (firstSequence < state.firstSequence) return;
  let { bytes } = state;
  const dropped: Buffer[] = [];
  for (const { key, value } of database.range(blocksFrom(log.id, partition, state.firstSequence))) {
    if (lastSequenceOf(key) >= firstSequence) break;
    bytes -= value.length;
    dropped.push(key);
  }
  for (const key of dropped) database.remove(key);
  writeState(database, log.id, partition, { ...state, firstSequence, bytes });
}
