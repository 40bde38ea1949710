import { join } from "node:path";
import { createChanges, type Changes } from "../changes.ts";
import { badFormat } from "../failures.ts";
import { checkDataFile } from "./data-file.ts";
import { checkLockFile, prepareDirectory, syncDirectory } from "./directory.ts";
import { openEnvironment, type Environment } from "./environment.ts";
import { everything, formatKey } from "./keys.ts";

// The version of what this release writes into a directory, and the newest that it reads.
const formatVersion = 1;

interface Shared {
  readonly changes: Changes;
  readonly opening: Promise<Environment>;
  users: number;
  closing: Promise<void> | undefined;
}

// One environment a directory in a process: with two, a write of the one would wait for a callback that the other keeps from running.
const shared = new Map<string, Shared>();

/** An environment lent to one user of it. */
export interface BorrowedEnvironment {
  readonly environment: Environment;
  /** Shared by all users of the environment in this process. */
  readonly changes: Changes;
  /** Gives it back; the last one to do so closes the files. */
  release(): Promise<void>;
}

/** Opens a directory, or shares the environment that this process has open there. Creates what is missing, never overwrites what is there. */
export async function borrowEnvironment(directory: string): Promise<BorrowedEnvironment> {
  const path = await prepareDirectory(directory);
  for (let last = shared.get(path); last?.closing !== undefined; last = shared.get(path)) await last.closing;
  const entry = shared.get(path) ?? { changes: createChanges(), opening: openChecked(path), users: 0, closing: undefined };
  shared.set(path, entry);
  entry.users += 1;
  try {
    const environment = await entry.opening;
    return { environment, changes: entry.changes, release: () => giveBack(path, entry) };
  } catch (error) {
    await giveBack(path, entry);
    throw error;
  }
}

async function giveBack(path: string, entry: Shared): Promise<void> {
  entry.users -= 1;
  if (entry.users > 0) return;
  entry.closing = entry.opening
    .then(
      (environment) => environment.close(),
      () => undefined,
    )
    .finally(() => shared.delete(path));
  await entry.closing;
}

async function openChecked(path: string): Promise<Environment> {
  const existed = await checkDataFile(join(path, "data.mdb"));
  await checkLockFile(path);
  const environment = openEnvironment(path);
  try {
    await claimFormat(environment);
    if (!existed) await syncDirectory(path);
    return environment;
  } catch (error) {
    await environment.close();
    throw error;
  }
}

async function claimFormat(environment: Environment): Promise<void> {
  const known = await environment.read((database) => {
    const stored = database.get(formatKey);
    if (stored !== undefined) return requireReadable(environment.directory, stored);
    for (const _ of database.range({ ...everything, limit: 1 })) {
      throw badFormat(
        `${environment.directory} holds an LMDB file that is not a Spillway store. Nothing was changed. Choose an empty directory.`,
      );
    }
    return false;
  });
  if (known) return;
  const format = Buffer.from(JSON.stringify({ format: formatVersion }));
  await environment.write((database) => {
    if (database.get(formatKey) === undefined) database.put(formatKey, format);
  }, "power-loss");
}

function requireReadable(directory: string, stored: Buffer): true {
  const format = formatOf(stored);
  if (format === formatVersion) return true;
  throw badFormat(
    format === undefined
      ? `The store in ${directory} is damaged: its format cannot be read. Nothing was changed. Restore it from a backup, or choose another directory.`
      : `The store in ${directory} has format ${format}, and this release reads format ${formatVersion}. Nothing was changed. ` +
          `Upgrade @spillway/local, or choose another directory.`,
  );
}

function formatOf(stored: Buffer): number | undefined {
  try {
    const value: unknown = JSON.parse(stored.toString());
    return typeof value === "object" && value !== null && "format" in value && typeof value.format === "number" ? value.format : undefined;
  } catch {
    return undefined;
  }
}
