import type { Clock } from "./clock.ts";
import { onAbort } from "./on-abort.ts";

/** Resolves after delayMs; rejects with the signal's reason as soon as it aborts, and leaves no timer and no listener behind. */
export function wait(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const cancel = clock.schedule(delayMs, () => {
      release();
      resolve();
    });
    const release = onAbort(signal, () => {
      cancel();
      reject(signal.reason as unknown);
    });
  });
}
