import { badFormat } from "../failures.ts";
import type { Database } from "../storage/environment.ts";
import { keyOf } from "../storage/keys.ts";

/** How far one partition has grown, and how far it was trimmed. Sequences count its messages from 0. */
export interface PartitionState {
  /** The sequence of the next message to be appended. */
  readonly nextSequence: number;
  /** The sequence of the oldest message that is still held. */
  readonly firstSequence: number;
  /** The time of the last append, in milliseconds since the Unix epoch. It never goes back, whatever the clock does. */
  readonly lastTimestampMs: number;
  /** The size of all blocks held. */
  readonly bytes: number;
}

const format = 1;
const numberBytes = 6;
const empty: PartitionState = { nextSequence: 0, firstSequence: 0, lastTimestampMs: 0, bytes: 0 };

/** Reads a partition's state; a partition that nothing was appended to has one too. */
export function readState(database: Database, logId: number, partition: number): PartitionState {
  const stored = database.get(keyOf("partition", { u32: logId }, { u32: partition }));
  if (stored === undefined) return empty;
  if (stored.length !== 1 + 4 * numberBytes || stored[0] !== format) {
    throw badFormat(`The state of partition ${partition} is damaged or of a newer format. Upgrade @spillway/local, or restore a backup.`);
  }
  const number = (index: number): number => stored.readUIntLE(1 + index * numberBytes, numberBytes);
  return { nextSequence: number(0), firstSequence: number(1), lastTimestampMs: number(2), bytes: number(3) };
}

/** Stores a partition's state. */
export function writeState(database: Database, logId: number, partition: number, state: PartitionState): void {
  const stored = Buffer.allocUnsafe(1 + 4 * numberBytes);
  stored[0] = format;
  const numbers = [state.nextSequence, state.firstSequence, state.lastTimestampMs, state.bytes];
  numbers.forEach((value, index) => stored.writeUIntLE(value, 1 + index * numberBytes, numberBytes));
  database.put(keyOf("partition", { u32: logId }, { u32: partition }), stored);
}
