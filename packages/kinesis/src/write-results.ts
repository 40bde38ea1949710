import { type ItemResult, SpillwayError, succeeded } from "@spillway/spec";
import type { PutEntry } from "./put-entry.ts";

/** Collects what became of the messages of one write. */
export interface WriteResults {
  /** One for each message, in order, when all are known. */
  readonly all: readonly ItemResult[];
  succeed(entries: readonly PutEntry[]): void;
  fail(entries: readonly PutEntry[], error: SpillwayError): void;
  /** Whether an entry may be sent: not after an earlier one of its key has failed, where keys keep their order. Then that is its result. */
  mayGo(entry: PutEntry): boolean;
}

/** Nothing is known yet. */
export function writeResults(keepsKeyOrder: boolean): WriteResults {
  const all: ItemResult[] = [];
  const failedKeys = new Set<string>();
  return {
    all,
    succeed(entries) {
      for (const { index } of entries) all[index] = succeeded;
    },
    fail(entries, error) {
      for (const { index, partitionKey } of entries) {
        all[index] = { ok: false, error };
        if (keepsKeyOrder) failedKeys.add(partitionKey);
      }
    },
    mayGo({ index, partitionKey }) {
      if (!failedKeys.has(partitionKey)) return true;
      all[index] = { ok: false, error: notAttempted(partitionKey) };
      return false;
    },
  };
}

function notAttempted(key: string): SpillwayError {
  return new SpillwayError(
    `Not attempted: an earlier message of the key ${JSON.stringify(key)} failed in the same write. Write it again after that one.`,
    { code: "SPILLWAY_NOT_ATTEMPTED" },
  );
}
