import type { Clock } from "@spillway/spec";

/** Resolves after a delay, or when the signal aborts; to whether the whole delay has passed. */
export function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const cancel = clock.schedule(delayMs, () => {
      signal.removeEventListener("abort", stop);
      resolve(true);
    });
    const stop = (): void => {
      cancel();
      resolve(false);
    };
    signal.addEventListener("abort", stop, { once: true });
  });
}
