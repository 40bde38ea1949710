import { constants } from "node:fs";
import { access, mkdir, open, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { unusable } from "../failures.ts";

/** Resolves to the directory's real path, made if it was missing; rejects when it cannot hold a store. */
export async function prepareDirectory(directory: string): Promise<string> {
  try {
    await mkdir(directory, { recursive: true });
    if (!(await stat(directory)).isDirectory()) throw notDirectory(directory);
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    return await realpath(directory);
  } catch (error) {
    throw explain(directory, error);
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
