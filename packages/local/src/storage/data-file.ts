import { open, readFile, type FileHandle } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { badFormat, unusable } from "../failures.ts";
import { parseSnapshot, snapshotBytes, versionOf, type Snapshot } from "./snapshot.ts";
import { referencesBeyond } from "./tree-walk.ts";

const readableVersion = 2;
const looks = 10;
const betweenLooksMs = 20;

/**
 * Resolves to whether a data file is there. Rejects, having changed nothing, when there is one that LMDB must not be given: it would crash the
 * process over some of them.
 */
export async function checkDataFile(path: string): Promise<boolean> {
  const file = await openIfThere(path);
  if (file === undefined) return false;
  try {
    // Another process may be creating or writing the file at this moment, and what was read be of two states of it: damage stays.
    for (let look = 1; !(await isSound(path, file, look === looks)); look += 1) await setTimeout(betweenLooksMs);
    return true;
  } finally {
    await file.close();
  }
}

async function isSound(path: string, file: FileHandle, isLast: boolean): Promise<boolean> {
  try {
    await check(path, file);
    return true;
  } catch (error) {
    if (isLast) throw error;
    return false;
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    // For writing too, though nothing is written: LMDB must be able to.
    const file = await open(path, "r+");
    if ((await file.stat()).isFile()) return file;
    await file.close();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw unusable(`${path} cannot be opened. Give this process the right to read and write it, or choose another directory.`, error);
  }
  throw unusable(`${path} is not a file. Take it away, or choose another directory.`);
}

async function check(path: string, file: FileHandle): Promise<void> {
  const first = await readMeta(path, file, 0);
  const second = await readMeta(path, file, first.pageSize);
  const snapshot = await snapshotInUse(path, file, second.transaction > first.transaction ? second : first);
  // The size after the snapshot: a file that is being written only grows.
  const { size } = await file.stat();
  const pages = BigInt(Math.floor(size / snapshot.pageSize));
  if (pages > snapshot.lastPage) return;
  // A file may end before its last page if nothing refers to what is missing; LMDB dies of a signal where something does.
  if (await referencesBeyond(file, snapshot, pages)) throw damaged(path, `it has been cut short to ${size} bytes`);
}

/** After a power loss LMDB goes back to its last synced snapshot, which is kept in the middle of the first page. */
async function snapshotInUse(path: string, file: FileHandle, newest: Snapshot): Promise<Snapshot> {
  if (newest.unsyncedSinceBoot === undefined || newest.unsyncedSinceBoot === (await currentBootId())) return newest;
  const synced = parseSnapshot(await readAt(path, file, newest.pageSize / 2));
  return synced === undefined || synced.transaction === 0n ? newest : synced;
}

async function readMeta(path: string, file: FileHandle, at: number): Promise<Snapshot> {
  const bytes = await readAt(path, file, at);
  const version = versionOf(bytes);
  if (version !== undefined && version !== readableVersion) {
    throw badFormat(
      `${path} has LMDB's data version ${version}, and this release reads ${readableVersion}. Nothing was changed. ` +
        `Use the release of @spillway/local that wrote it, or choose another directory.`,
    );
  }
  const snapshot = version === undefined ? undefined : parseSnapshot(bytes);
  if (snapshot === undefined) throw damaged(path, "it is not an LMDB file, or its first pages are overwritten");
  return snapshot;
}

async function readAt(path: string, file: FileHandle, at: number): Promise<Buffer> {
  const bytes = Buffer.alloc(snapshotBytes);
  const { bytesRead } = await file.read(bytes, 0, bytes.length, at);
  if (bytesRead < bytes.length) throw damaged(path, at === 0 && bytesRead === 0 ? "it is empty" : "its first pages are missing");
  return bytes;
}

/** As LMDB reads it: the first group of hexadecimal digits. Undefined elsewhere than on Linux. */
async function currentBootId(): Promise<bigint | undefined> {
  const text = await readFile("/proc/sys/kernel/random/boot_id", "latin1").catch(() => undefined);
  return text === undefined ? undefined : BigInt(`0x${text.split("-", 1)[0] ?? "0"}`);
}

function damaged(path: string, how: string): Error {
  return badFormat(
    `${path} is damaged: ${how}. Nothing was changed. Restore the directory from a backup, or move it away and start with an empty one.`,
  );
}
