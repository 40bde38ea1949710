import { onAbort } from "@spillway/spec";

/** Settles as the work does, or rejects with the signal's reason when that aborts first; the work goes on all the same. */
export function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const release = onAbort(signal, () => reject(signal.reason as Error));
    work.then(resolve, reject).finally(release);
  });
}
