import { unavailable } from "../failures.ts";

// LMDB gives no answer at all when beginning a transaction or syncing fails, or while a stopped process holds the write lock.
const stallMs = 60_000;

/** Settles as the work does, or rejects when LMDB has been silent for a minute: what was asked may then still take place. */
export function orStall<T>(directory: string, work: PromiseLike<T>): Promise<T> {
  // Real time on purpose: it watches a disk and other processes, whatever clock the store is given.
  let timer: NodeJS.Timeout;
  const stalled = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(silent(directory)), stallMs);
  });
  return Promise.race([work, stalled]).finally(() => clearTimeout(timer));
}

function silent(directory: string): Error {
  return unavailable(
    `LMDB has not answered for ${stallMs / 1_000} s in ${directory}. Look for a stopped process that holds the write lock, or a disk that hangs. ` +
      `What was asked may still take place.`,
  );
}
