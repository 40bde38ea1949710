import { onAbort } from "@spillway/spec";

/** Settles as the work does, or rejects as soon as the signal aborts; the work itself then goes on unheard. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const release = onAbort(signal, () => reject(signal.reason));
    void work.then(resolve, reject).finally(release);
  });
}
