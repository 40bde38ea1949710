import type { MessageCount, PartitionId, StartPosition } from "@spillway/spec";
import type { Database } from "../storage/environment.ts";
import type { StoredLog } from "./log-definition.ts";
import { readState } from "./partition-state.ts";
import { partitionNumber } from "./positions.ts";
import { firstSequenceFor } from "./start-sequence.ts";

/** How many messages a partition holds from one start up to another. Its sequences have no gaps, so the count is exact. */
export function countMessages(
  database: Database,
  log: StoredLog,
  id: PartitionId,
  from: StartPosition,
  until: StartPosition,
): MessageCount {
  const partition = partitionNumber(log, id);
  const state = readState(database, log.id, partition);
  const held = (start: StartPosition): number => Math.max(firstSequenceFor(database, log, partition, state, start), state.firstSequence);
  return { is: "exactly", messages: Math.max(0, held(until) - held(from)) };
}
