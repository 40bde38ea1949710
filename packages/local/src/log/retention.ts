import type { Database } from "../storage/environment.ts";
import { timestampOf } from "./block.ts";
import { blocksFrom, lastSequenceOf } from "./block-keys.ts";
import type { PartitionState } from "./partition-state.ts";

/** How much a log keeps. Whole blocks are dropped, oldest first, as new messages are appended to their partition; the newest block always stays. */
export interface Retention {
  /** The age that messages may reach, in milliseconds; left out: any. */
  readonly maxAgeMs?: number;
  /** The size that one partition may reach, in bytes on the disk; left out: any. */
  readonly maxBytesPerPartition?: number;
}

// Bounds the time that one append takes; a log whose retention was shortened is trimmed over the following appends.
const maxDropsPerAppend = 64;

/** Drops what the retention no longer covers, and returns the state without it. */
export function applyRetention(
  database: Database,
  log: { readonly id: number; readonly retention: Retention },
  partition: number,
  state: PartitionState,
  nowMs: number,
): PartitionState {
  const { maxAgeMs = Infinity, maxBytesPerPartition = Infinity } = log.retention;
  if (maxAgeMs === Infinity && state.bytes <= maxBytesPerPartition) return state;
  let { bytes, firstSequence } = state;
  const dropped: Buffer[] = [];
  for (const { key, value } of database.range({ ...blocksFrom(log.id, partition, firstSequence), limit: maxDropsPerAppend })) {
    const lastSequence = lastSequenceOf(key);
    const kept = timestampOf(value) >= nowMs - maxAgeMs && bytes <= maxBytesPerPartition;
    if (kept || lastSequence + 1 >= state.nextSequence) break;
    bytes -= value.length;
    firstSequence = lastSequence + 1;
    dropped.push(key);
  }
  for (const key of dropped) database.remove(key);
  return { ...state, bytes, firstSequence };
}
