import { existsSync } from "node:fs";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { SpillwayError } from "@spillway/spec";

const marker = ".spillway-flights";

/** Whether the directory was made by this example; false when there is none, or nothing in it. Refuses one that holds anything else. */
export async function isOurs(directory: string): Promise<boolean> {
  const names = await namesIn(directory);
  if (names.length === 0) return false;
  if (names.includes(marker)) return true;
  throw new SpillwayError(
    `${directory} holds files that this example has not made, so it is left alone. Choose an empty or a new folder with --directory.`,
    { code: "SPILLWAY_INVALID_OPTIONS", failureClass: "fatal" },
  );
}

/** Makes the directory and marks it as ours, so that it may be deleted one day. */
export async function makeDirectory(directory: string): Promise<void> {
  try {
    await makeMissing(directory);
    await writeFile(join(directory, marker), "Made by the Spillway example examples/flights. --fresh deletes this folder.\n");
  } catch (error) {
    throw unusable(directory, error);
  }
}

/** One after another: a recursive mkdir never ends where the file system takes no directories, as in /proc. */
async function makeMissing(directory: string): Promise<void> {
  const missing: string[] = [];
  for (let path = resolve(directory); !existsSync(path); path = dirname(path)) missing.unshift(path);
  for (const path of missing) {
    await mkdir(path).catch((error: unknown) => {
      // Unless somebody else has made it meanwhile.
      if (!existsSync(path)) throw error;
    });
  }
}

/** Deletes a directory that is ours, and no other. */
export async function deleteDirectory(directory: string): Promise<void> {
  if (!(await isOurs(directory))) return;
  try {
    // The mark goes last: who is killed half way has left a directory that is still ours.
    for (const name of await readdir(directory)) if (name !== marker) await rm(join(directory, name), { recursive: true });
    await rm(directory, { recursive: true });
  } catch (error) {
    throw new SpillwayError(
      `${directory} cannot be deleted (${codeOf(error)}). Delete it yourself, or choose another folder with --directory.`,
      { code: "SPILLWAY_INVALID_OPTIONS", failureClass: "fatal", cause: error },
    );
  }
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw unusable(directory, error);
  }
}

function unusable(directory: string, cause: unknown): SpillwayError {
  return new SpillwayError(`${directory} cannot be ${whatFor(cause)} (${codeOf(cause)}). Choose another folder with --directory.`, {
    code: "SPILLWAY_INVALID_OPTIONS",
    failureClass: "fatal",
    cause,
  });
}

function whatFor(cause: unknown): string {
  switch (codeOf(cause)) {
    case "EROFS":
      return "written to: its file system is read-only";
    case "EACCES":
    case "EPERM":
      return "read and written by this process";
    case "ENOSPC":
    case "EDQUOT":
      return "written to: no space is left";
    default:
      return "used as a folder";
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
