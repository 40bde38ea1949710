import { existsSync } from "node:fs";
import { open, type RootDatabase, type RootDatabaseOptions } from "lmdb";
import { invalidOptions, unusable } from "../failures.ts";
import type { Durability } from "./durability.ts";
import { createGroupWriter } from "./group-writer.ts";
import { revisionKey } from "./keys.ts";
import { causeOf, explainLmdb, isLmdbFailure } from "./lmdb-failure.ts";
import { orStall } from "./stall.ts";

/** Ordered bytes to bytes: what a piece of work sees, nobody changes meanwhile, and nobody may write into what it is given or has put. */
export interface Database {
  get(key: Buffer): Buffer | undefined;
  put(key: Buffer, value: Buffer): void;
  remove(key: Buffer): void;
  /** Entries from the first bound, included, to the second, excluded; backwards when `reverse`, with the higher bound first. */
  range(bounds: { readonly from: Buffer; readonly until: Buffer; readonly limit?: number; readonly reverse?: boolean }): Iterable<Entry>;
}

/** One key with its value. */
export interface Entry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** The one LMDB environment of a directory in this process. */
export interface Environment {
  readonly directory: string;
  /** Runs the work at once on the newest state, including what other processes have committed. */
  read<T>(work: (database: Database) => T): Promise<T>;
  /**
   * Runs the work as if alone among all processes, together with what else waits to be written, and resolves when that is durable. The work may be
   * run twice, the first time in vain, when another process writes meanwhile. It throws before its first put or remove, or not at all: what it has
   * already written is committed. What it throws is what this rejects with. A rejection of class transient leaves it unknown whether it was done.
   */
  write<T>(work: (database: Database) => T, durability: Durability): Promise<T>;
  /** Waits for the writes that are under way and lets go of the files. */
  close(): Promise<void>;
}

const options: RootDatabaseOptions & { readonly eventTurnBatching: boolean } = {
  noSubdir: false,
  encoding: "binary",
  keyEncoding: "binary",
  // With batching, lmdb 3.5 makes a promise for each batch that nobody can reach: a failed commit would be an unhandled rejection.
  eventTurnBatching: false,
};

// LMDB takes up commits that were not synced only if the machine has not been started anew since, and must be able to tell.
const unsyncedSurvives = process.platform === "darwin" || existsSync("/proc/sys/kernel/random/boot_id");
// Pages that were read stay mapped, and count as resident memory, until the file is mapped anew.
const maxMappedBytes = 48 * 1024 * 1024;
// A value on pages of its own: the kernel maps the pages around it too.
const faultBytes = 64 * 1024;
const largeValueBytes = 2_000;
const smallValueBytes = 512;

/** Opens the environment of a directory that has been checked. Throws what explainLmdb makes of a refusal. */
export function openEnvironment(directory: string): Environment {
  let root: RootDatabase<Buffer, Buffer> | undefined = openRoot();
  let mappedBytes = 0;
  let writing = 0;
  let whenQuiet: (() => void) | undefined;
  let changing: Promise<void> | undefined;
  let closed = false;
  let commitFailed = false;

  const stored: Database = {
    get: (key) => noteRead(opened().get(key)),
    put: refuse,
    remove: refuse,
    *range({ from, until, limit, reverse }) {
      const bounds = { start: from, end: until, reverse: reverse === true, ...(limit === undefined ? {} : { limit }) };
      for (const { key, value } of opened().getRange(bounds)) {
        noteRead(value);
        yield { key, value };
      }
    },
  };

  const write = createGroupWriter({ directory, stored, unsyncedSurvives, opened });

  function openRoot(): RootDatabase<Buffer, Buffer> {
    try {
      return withoutExitListener(() => open<Buffer, Buffer>(directory, options));
    } catch (error) {
      throw explainLmdb(directory, "Opening", error);
    }
  }

  function opened(): RootDatabase<Buffer, Buffer> {
    if (closed) throw unusable(`The store in ${directory} has been closed. Close it only when everything that uses it has ended.`);
    root ??= openRoot();
    return root;
  }

  function noteRead(value: Buffer | undefined): Buffer | undefined {
    const size = value?.length ?? 0;
    mappedBytes += size < largeValueBytes ? smallValueBytes : Math.max(size, faultBytes);
    return value;
  }

  /** Closes the files when no write is under way; whoever comes meanwhile waits. */
  function changeFiles(): Promise<void> {
    if (changing === undefined) {
      changing = letGo().finally(() => (changing = undefined));
      // Who waits for it hears of a failure; when nobody does, the next call opens the files again and hears of it then.
      changing.catch(() => undefined);
    }
    return changing;
  }

  async function letGo(): Promise<void> {
    if (writing > 0) await new Promise<void>((resolve) => (whenQuiet = resolve));
    const closing = root;
    root = undefined;
    mappedBytes = 0;
    if (closing === undefined) return;
    // lmdb 3.5 waits for the sync of its last commit, and for ever when that failed; one that has nothing to write always passes.
    if (commitFailed)
      await orStall(
        directory,
        closing.ifVersion(revisionKey, -1, () => undefined),
      );
    commitFailed = false;
    await orStall(directory, closing.close());
  }

  return {
    directory,
    async read(work) {
      while (changing !== undefined) await changing;
      const target = opened();
      try {
        target.resetReadTxn();
        return work(stored);
      } catch (error) {
        throw isLmdbFailure(error) ? explainLmdb(directory, "Reading", error) : error;
      } finally {
        if (mappedBytes > maxMappedBytes) void changeFiles();
      }
    },
    async write(work, durability) {
      while (changing !== undefined) await changing;
      writing += 1;
      try {
        return await write(work, durability);
      } catch (error) {
        if (!isLmdbFailure(error)) throw error;
        commitFailed = true;
        throw explainLmdb(directory, "Writing to", await causeOf(error));
      } finally {
        writing -= 1;
        if (writing === 0) whenQuiet?.();
      }
    },
    async close() {
      // Who waited for the files may have opened them again.
      do await changeFiles();
      while (root !== undefined);
      closed = true;
    },
  };
}

function refuse(): never {
  throw invalidOptions("A read must not put or remove; use a write.");
}

/**
 * lmdb 3.5 closes all files when the process exits, whatever its own thread or a transaction on this one is doing with them: the process crashes, or
 * waits for itself for ever. The system lets go of them anyway, as it does after kill -9.
 */
function withoutExitListener<T>(opening: () => T): T {
  const before = process.listeners("exit");
  try {
    return opening();
  } finally {
    for (const listener of process.listeners("exit")) {
      if (!before.includes(listener)) process.off("exit", listener);
    }
  }
}
