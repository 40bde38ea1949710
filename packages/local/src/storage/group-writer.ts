import { TransactionFlags, type RootDatabase } from "lmdb";
import type { Durability } from "./durability.ts";
import type { Database } from "./environment.ts";
import { revisionKey } from "./keys.ts";
import { createOverlay, type Overlay } from "./overlay.ts";
import { createRoomGuard } from "./room-guard.ts";
import { orStall } from "./stall.ts";

/** Where groups of writes go. */
export interface GroupTarget {
  readonly directory: string;
  /** What is read of the newest state, or inside a transaction that is open on this thread. */
  readonly stored: Pick<Database, "get" | "range">;
  /** Whether a commit that was not synced survives the end of the process. */
  readonly unsyncedSurvives: boolean;
  opened(): RootDatabase<Buffer, Buffer>;
}

/** Runs a piece of work after those before it, and resolves when its changes are durable. */
export type Write = <T>(work: (database: Database) => T, durability: Durability) => Promise<T>;

interface Waiting {
  readonly work: (database: Database) => unknown;
  readonly durability: Durability;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** What one piece of work returned or threw. */
type Result = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown };

// Bounds what one transaction holds; the others go into the next.
const maxWorksPerGroup = 1_000;

// It is committed and synced when the call returns; others are let in before the sync.
const commitAndSync: TransactionFlags = TransactionFlags.SYNCHRONOUS_COMMIT | TransactionFlags.NO_SYNC_FLUSH;

/**
 * Makes the writer of an environment. Work that waits at the same time is run together, over the newest state, and its changes are committed on
 * LMDB's own thread, on the condition that nobody else has committed since: each commit counts up a revision. If somebody has, the work is run again
 * on this thread with all other writers held back. LMDB's transactions with a callback would need no second run, but a process that exits during one
 * never ends: exiting waits for LMDB's thread, and that thread for the callback.
 */
export function createGroupWriter({ directory, stored, unsyncedSurvives, opened }: GroupTarget): Write {
  const waiting: Waiting[] = [];
  const requireRoom = createRoomGuard(directory, stored);
  let running = false;

  async function writeAll(): Promise<void> {
    running = true;
    while (waiting.length > 0) {
      // After what goes on now, so that all who ask at the same time are in the group.
      await new Promise<void>((resolve) => process.nextTick(resolve));
      await writeGroup(waiting.splice(0, maxWorksPerGroup));
    }
    running = false;
  }

  /** Never rejects: who waits for the group hears of a failure. */
  async function writeGroup(group: readonly Waiting[]): Promise<void> {
    try {
      const target = opened();
      target.resetReadTxn();
      const revision = readRevision();
      const changes = createOverlay(stored);
      const results = runAll(group, changes);
      if (changes.size === 0) return settle(group, results, undefined);
      requireRoom(changes);
      const committed = commitIf(target, revision, changes);
      // Asked for at once: later it would stand for a later commit too.
      const synced = group.some(needsSync) ? orStall(directory, target.flushed) : undefined;
      // When the commit fails, its own rejection says so.
      synced?.catch(() => undefined);
      if (await orStall(directory, committed)) settle(group, results, synced);
      else settle(group, commitAlone(target, group), undefined);
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }

  function readRevision(): number | undefined {
    return stored.get(revisionKey)?.readDoubleLE();
  }

  function commitIf(target: RootDatabase<Buffer, Buffer>, revision: number | undefined, changes: Overlay): Promise<boolean> {
    const make = (): void => makeChanges(target, revision, changes);
    return revision === undefined ? target.ifNoExists(revisionKey, make) : target.ifVersion(revisionKey, revision, make);
  }

  function commitAlone(target: RootDatabase<Buffer, Buffer>, group: readonly Waiting[]): readonly Result[] {
    return target.transactionSync(() => {
      const changes = createOverlay(stored);
      const results = runAll(group, changes);
      if (changes.size > 0) makeChanges(target, readRevision(), changes);
      return results;
    }, commitAndSync);
  }

  function needsSync({ durability }: Waiting): boolean {
    return durability === "power-loss" || !unsyncedSurvives;
  }

  function settle(group: readonly Waiting[], results: readonly Result[], synced: Promise<unknown> | undefined): void {
    for (const [index, each] of group.entries()) {
      const give = (): void => giveResult(each, results[index] as Result);
      if (synced !== undefined && needsSync(each)) synced.then(give, each.reject);
      else give();
    }
  }

  return (work, durability) =>
    new Promise((resolve, reject) => {
      waiting.push({ work, durability, resolve, reject });
      if (!running) void writeAll();
    });
}

function runAll(group: readonly Waiting[], changes: Overlay): readonly Result[] {
  return group.map(({ work }): Result => {
    try {
      return { ok: true, value: work(changes) };
    } catch (error) {
      return { ok: false, error };
    }
  });
}

function makeChanges(target: RootDatabase<Buffer, Buffer>, revision: number | undefined, changes: Overlay): void {
  for (const [key, value] of changes.changes()) {
    if (value === undefined) void target.remove(key);
    else void target.put(key, value);
  }
  // LMDB compares it as a double.
  const next = Buffer.alloc(8);
  next.writeDoubleLE((revision ?? 0) + 1);
  void target.put(revisionKey, next);
}

function giveResult({ resolve, reject }: Waiting, result: Result): void {
  if (result.ok) resolve(result.value);
  else reject(result.error);
}
