import type { Clock } from "@spillway/spec";

/** Resolves after delayMs; rejects with the signal's reason as soon as it aborts. */
export function wait(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason as unknown);
      return;
    }
    const abort = (): void => {
      cancel();
      reject(signal.reason as unknown);
    };
    const cancel = clock.schedule(delayMs, () => {
      signal.removeEventListener("abort", abort);
      resolve();
    });
    signal.addEventListener("abort", abort, { once: true });
  });
}
