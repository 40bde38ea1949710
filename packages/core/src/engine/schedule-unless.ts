import { onAbort, type Clock } from "@spillway/spec";

/** Runs the task after a delay, unless the signal aborts before. */
export function scheduleUnless(signal: AbortSignal, clock: Clock, delayMs: number, task: () => void): void {
  if (signal.aborted) return;
  const cancel = clock.schedule(delayMs, () => {
    release();
    task();
  });
  const release = onAbort(signal, cancel);
}
