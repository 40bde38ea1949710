import { badFormat, unavailable, unusable } from "../failures.ts";

// lmdb.h
const damagedCodes: ReadonlySet<unknown> = new Set([-30797, -30796, -30795, -30793]);
const versionMismatch = -30794;
// MDB_MAP_FULL, and errno on Linux: ENOSPC, EDQUOT, EFBIG; EPERM, EACCES, EROFS.
const fullCodes: ReadonlySet<unknown> = new Set([-30792, 28, 122, 27]);
const forbiddenCodes: ReadonlySet<unknown> = new Set([1, 13, 30]);

/** Says what a failure of LMDB means for whoever called, and what to do about it. */
export function explainLmdb(directory: string, doing: "Opening" | "Reading" | "Writing to", error: unknown): Error {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  const detail = error instanceof Error ? error.message : String(error);
  if (damagedCodes.has(code)) {
    return badFormat(
      `${doing} ${directory} met damaged data (${detail}). Restore the directory from a backup, or start with an empty one.`,
      error,
    );
  }
  if (code === versionMismatch) {
    return badFormat(
      `${directory} is in use by, or was written by, another version of LMDB (${detail}). Let all processes use the same release of @spillway/local.`,
      error,
    );
  }
  if (fullCodes.has(code)) {
    return unavailable(
      `${doing} ${directory} failed: no space is left (${detail}). Free some, or give the logs a shorter retention.`,
      error,
    );
  }
  if (forbiddenCodes.has(code)) {
    return unusable(
      `${doing} ${directory} is forbidden to this process (${detail}). Change the owner or mode of its files, or choose another.`,
      error,
    );
  }
  if (doing === "Opening") {
    return unusable(`Opening ${directory} failed (${detail}). Look at what is in it, or choose another directory.`, error);
  }
  return unavailable(`${doing} ${directory} failed (${detail}). Check the disk's free space and health; the call may be repeated.`, error);
}

/** Whether an error came from LMDB, not from the work that was done with it. */
export function isLmdbFailure(error: unknown): boolean {
  return error instanceof Error && ("commitError" in error || ("code" in error && typeof error.code === "number"));
}

/** LMDB tells why a commit failed in a second rejection, which must be handled wherever the first one is. */
export async function causeOf(error: unknown): Promise<unknown> {
  if (typeof error !== "object" || error === null || !("commitError" in error) || !(error.commitError instanceof Promise)) return error;
  return error.commitError.then(
    () => error,
    (cause: unknown) => cause,
  );
}
