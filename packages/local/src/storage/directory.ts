import { constants } from "node:fs";
import { access, mkdir, open, realpath, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { unusable } from "../failures.ts";

/** Resolves to the directory's real path, made if it was missing; rejects when it cannot hold a store. */
export async function prepareDirectory(directory: string): Promise<string> {
  try {
    await makeDirectory(directory);
    if (!(await stat(directory)).isDirectory()) throw notDirectory(directory);
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    return await realpath(directory);
  } catch (error) {
    throw explain(directory, error);
  }
}

/**
 * Makes a directory and those above it that are missing. Node's recursive mkdir never ends in a file system, such as /proc, which answers that what is
 * above a new directory does not exist, although it does.
 */
async function makeDirectory(directory: string): Promise<void> {
  const missing: string[] = [];
  for (let path = resolve(directory); !(await exists(path)); path = dirname(path)) missing.unshift(path);
  for (const path of missing) {
    try {
      await mkdir(path);
    } catch (error) {
      // Somebody else has made it meanwhile.
      if (codeOf(error) !== "EEXIST") throw error;
    }
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw error;
  }
}

/**
 * Rejects when LMDB could not use the lock file that is there: it would crash the process. Looks without opening it, because closing a file gives
 * up the locks that this process holds on it.
 */
export async function checkLockFile(directory: string): Promise<void> {
  const path = join(directory, "lock.mdb");
  try {
    if (!(await stat(path)).isFile()) throw unusable(`${path} is not a file. Take it away, or choose another directory.`);
    await access(path, constants.R_OK | constants.W_OK);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw explain(path, error);
  }
}

/** Makes the names of newly created files survive a power loss; file systems that cannot sync a directory need no such call. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } catch (error) {
    if (codeOf(error) !== "EINVAL" && codeOf(error) !== "EPERM") throw explain(directory, error);
  } finally {
    await handle.close();
  }
}

function explain(directory: string, error: unknown): unknown {
  switch (codeOf(error)) {
    case "EEXIST":
    case "ENOTDIR":
      return notDirectory(directory, error);
    case "EACCES":
    case "EPERM":
      return unusable(`This process may not read and write ${directory}. Change its owner or mode, or choose another.`, error);
    case "ENOENT":
      return unusable(
        `${directory} cannot be made: its file system takes no directories there, or a link in its path leads nowhere. Choose another.`,
        error,
      );
    case "EROFS":
      return unusable(`${directory} is on a read-only file system. Choose a directory that can be written.`, error);
    case "ENOSPC":
    case "EDQUOT":
      return unusable(`There is no space left to create ${directory}. Free some, or choose another.`, error);
    case undefined:
      return error;
    default:
      return unusable(`${directory} cannot be used (${codeOf(error)}). Choose a directory that can be read and written.`, error);
  }
}

function notDirectory(directory: string, cause?: unknown): Error {
  return unusable(`${directory} is not a directory, or a part of its path is a file. Choose a directory.`, cause);
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string" || error.code.startsWith("SPILLWAY_"))
    return undefined;
  return error.code;
}
