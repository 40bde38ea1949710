import type { LogBatch, Payload, StartPosition } from "@spillway/spec";
import type { Database } from "../storage/environment.ts";
import { blocksFrom, lastSequenceOf, missingBlock } from "./block-keys.ts";
import { readBlock } from "./block.ts";
import { LocalLogMessage } from "./local-log-message.ts";
import type { StoredLog } from "./log-definition.ts";
import { readState } from "./partition-state.ts";
import { firstSequenceFor } from "./start-sequence.ts";

// A batch ends with the block that reaches one of these.
const enoughMessages = 1_000;
const enoughBytes = 256 * 1024;

/** A batch, and the sequence at which the next one begins. */
export interface ReadResult {
  readonly batch: LogBatch<Payload> & { readonly behindMs: number };
  readonly nextSequence: number;
}

/** Reads what a partition holds from a place on; an empty batch at its end. */
export function readBatch(database: Database, log: StoredLog, partition: number, from: StartPosition | number): ReadResult {
  const state = readState(database, log.id, partition);
  const wanted = typeof from === "number" ? from : firstSequenceFor(database, log, partition, state, from);
  const begin = Math.max(wanted, state.firstSequence);
  const messages: LocalLogMessage[] = [];
  let bytes = 0;
  let timestampMs = state.lastTimestampMs;
  if (begin < state.nextSequence) {
    for (const { key, value } of database.range(blocksFrom(log.id, partition, begin))) {
      const block = readBlock(value, `Block ${lastSequenceOf(key)} of partition ${partition} of the log "${log.name}"`);
      if (block.firstSequence > begin + messages.length) break;
      timestampMs = block.timestampMs;
      block.each(begin, (sequence, record) => messages.push(new LocalLogMessage(partition, sequence, block.timestampMs, record)));
      bytes += value.length;
      if (messages.length >= enoughMessages || bytes >= enoughBytes) break;
    }
  }
  if (begin < state.nextSequence && messages.length === 0) throw missingBlock(log, partition, begin);
  const nextSequence = begin + messages.length;
  // What is left may have been appended in the same millisecond: 0 means the end.
  const behindMs = nextSequence < state.nextSequence ? Math.max(1, state.lastTimestampMs - timestampMs) : 0;
  const batch = wanted < begin ? { messages, behindMs, lost: lostTo(begin - wanted) } : { messages, behindMs };
  return { batch, nextSequence };
}

function lostTo(count: number): { readonly count: number; readonly reason: string } {
  return { count, reason: "The log's retention, or a trim, dropped them before they were read." };
}
