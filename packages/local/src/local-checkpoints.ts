import { SpillwayError, type Checkpoint, type CheckpointKey, type CheckpointStore, type FencingToken } from "@spillway/spec";
import { badFormat } from "./failures.ts";
import { accessTo, type LocalStore } from "./open-local.ts";
import { requireKnown, requireShort } from "./options.ts";
import { parseCheckpoint } from "./parse-checkpoint.ts";
import type { Database } from "./storage/environment.ts";
import { keyOf } from "./storage/keys.ts";

/** Names the store that checkpoints are kept in. */
export interface LocalCheckpointsOptions {
  readonly store: LocalStore;
}

// A save writes all of them: about 30 kB at this number.
const maxDone = 4_096;
const maxNotes = 1_000;
// With the other parts of a key this stays below LMDB's 1,978 bytes.
const maxScopeBytes = 1_000;
const maxPartitionBytes = 900;

const version = 1;

/** Checkpoints in the store, fenced within one transaction. */
export function localCheckpoints(options: LocalCheckpointsOptions): CheckpointStore {
  requireKnown("localCheckpoints", options, ["store"]);
  const access = accessTo(options.store);
  return {
    maxDone,
    maxNotes,
    async load(key, token, { signal }) {
      const bytes = keyBytes(key);
      return access.write((database) => {
        const stored = read(database, bytes, key, token);
        if (stored === undefined || stored.fence < token) write(database, bytes, { fence: token, checkpoint: stored?.checkpoint });
        return stored?.checkpoint;
      }, signal);
    },
    async save(key, checkpoint, token, { signal }) {
      const bytes = keyBytes(key);
      await access.write((database) => {
        read(database, bytes, key, token);
        write(database, bytes, { fence: token, checkpoint });
      }, signal);
    },
  };
}

interface Stored {
  /** The highest token seen. */
  readonly fence: number;
  /** Undefined where a token was seen and nothing has been saved. */
  readonly checkpoint: Checkpoint | undefined;
}

/** Throws when the fence is above the token, or what is stored cannot be read. */
function read(database: Database, bytes: Buffer, key: CheckpointKey, token: FencingToken): Stored | undefined {
  const stored = database.get(bytes);
  if (stored === undefined) return undefined;
  const parsed = parse(stored, key);
  if (parsed.fence > token) {
    throw new SpillwayError(
      `Partition ${key.partition} of ${key.scope} has a new owner: its checkpoint has seen token ${parsed.fence}, and this one is ${token}. ` +
        `Nothing was changed; give the partition up.`,
      { code: "SPILLWAY_LEASE_LOST" },
    );
  }
  return parsed;
}

function write(database: Database, bytes: Buffer, { fence, checkpoint }: Stored): void {
  database.put(bytes, Buffer.from(JSON.stringify({ v: version, fence, checkpoint })));
}

function parse(stored: Buffer, key: CheckpointKey): Stored {
  const damaged = (cause?: unknown): Error =>
    badFormat(
      `The checkpoint of partition ${key.partition} of ${key.scope} is damaged or of a newer version. Upgrade @spillway/local, ` +
        `or give the consumer another name to begin anew.`,
      cause,
    );
  let value: unknown;
  try {
    value = JSON.parse(stored.toString());
  } catch (cause) {
    throw damaged(cause);
  }
  if (typeof value !== "object" || value === null || !("v" in value) || value.v !== version) throw damaged();
  if (!("fence" in value) || typeof value.fence !== "number") throw damaged();
  if (!("checkpoint" in value)) return { fence: value.fence, checkpoint: undefined };
  const checkpoint = parseCheckpoint(value.checkpoint);
  if (checkpoint === undefined) throw damaged();
  return { fence: value.fence, checkpoint };
}

function keyBytes({ scope, partition }: CheckpointKey): Buffer {
  requireShort("A checkpoint's scope", scope, maxScopeBytes);
  requireShort("A checkpoint's partition", partition, maxPartitionBytes);
  return keyOf("checkpoint", { text: scope }, { rest: partition });
}
