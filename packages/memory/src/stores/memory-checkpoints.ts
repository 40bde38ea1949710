import { SpillwayError, type Checkpoint, type CheckpointKey, type CheckpointStore, type FencingToken } from "@spillway/spec";
import { entryName, formatEntry, parseEntry, type Entries } from "./entries.ts";

/** How a checkpoint store in memory is made. */
export interface MemoryCheckpointsOptions {
  /** What the store keeps; left out: a map of its own. One entry for each partition of each scope, until the caller deletes it. */
  readonly entries?: Entries;
}

interface Entry {
  /** The highest token seen. */
  readonly fence: FencingToken;
  /** Undefined until the first save. */
  readonly checkpoint: Checkpoint | undefined;
}

/** Makes a checkpoint store. */
export function memoryCheckpoints({ entries = new Map() }: MemoryCheckpointsOptions = {}): CheckpointStore {
  /** The entry, seen under this token: refused when the fence is above it. */
  function admit(name: string, { partition }: CheckpointKey, token: FencingToken): Entry {
    const text = entries.get(name);
    const entry = text === undefined ? { fence: token, checkpoint: undefined } : parseEntry<Entry>(name, text);
    if (entry.fence > token) throw leaseLost(partition, token, entry.fence);
    return entry;
  }

  return {
    maxDone: 10_000,
    maxNotes: 1_000,
    async load(key, token, { signal }) {
      signal.throwIfAborted();
      const name = entryName(key.scope, key.partition);
      const { checkpoint } = admit(name, key, token);
      entries.set(name, formatEntry({ fence: token, checkpoint } satisfies Entry));
      return checkpoint === undefined ? undefined : restored(checkpoint);
    },
    async save(key, checkpoint, token, { signal }) {
      signal.throwIfAborted();
      const name = entryName(key.scope, key.partition);
      admit(name, key, token);
      entries.set(name, formatEntry({ fence: token, checkpoint } satisfies Entry));
    },
  };
}

/** JSON leaves out what is undefined. */
function restored(checkpoint: Checkpoint): Checkpoint {
  return checkpoint.state === "finished" ? checkpoint : { ...checkpoint, attempting: checkpoint.attempting };
}

function leaseLost(partition: string, token: number, fence: number): SpillwayError {
  return new SpillwayError(
    `The partition ${partition} has a newer owner (token ${fence}) than this one (token ${token}). Give the partition up; the new owner goes on.`,
    { code: "SPILLWAY_LEASE_LOST" },
  );
}
