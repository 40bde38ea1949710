import { statfsSync } from "node:fs";
import { unavailable } from "../failures.ts";
import type { Database } from "./environment.ts";
import type { Overlay } from "./overlay.ts";

// A changed entry may copy the page that it is on, and a commit those above it.
const pageBytes = 4_096;
const commitBytes = 256 * 1_024;

/**
 * Makes a guard that throws when the file system may have no room for the commit of some changes, before LMDB finds that out: lmdb 3.5 writes its error
 * for a full disk into memory that is too small for it, and sooner or later the process aborts. What takes away more than it adds is let through, and so is
 * what fits into the room that was made in this way: LMDB uses freed pages again, though the file stays as long as it is.
 */
export function createRoomGuard(directory: string, stored: Pick<Database, "get">): (changes: Pick<Overlay, "changes">) => void {
  let spareBytes = 0;
  return (changes) => {
    let added = 0;
    const removed: Buffer[] = [];
    for (const [key, value] of changes.changes()) {
      if (value === undefined) removed.push(key);
      else added += pageBytes + value.length;
    }
    const free = freeBytes(directory);
    if (free === undefined || free >= commitBytes + added) {
      spareBytes = 0;
      return;
    }
    const freed = removed.reduce((sum, key) => sum + (stored.get(key)?.length ?? 0), 0);
    if (added > spareBytes + freed) throw noRoom(directory, free, commitBytes + added);
    spareBytes += freed - added;
  };
}

/** Undefined where the file system does not say. */
function freeBytes(directory: string): number | undefined {
  try {
    const { blocks, bavail, bsize } = statfsSync(directory);
    return blocks === 0 ? undefined : bavail * bsize;
  } catch {
    return undefined;
  }
}

function noRoom(directory: string, free: number, needed: number): Error {
  return unavailable(
    `Writing to ${directory} failed: no space is left (${Math.floor(free / 1_024)} KiB are free, and it may take ${Math.ceil(needed / 1_024)} KiB). ` +
      `Free some, trim a log, or give the logs a shorter retention.`,
  );
}
