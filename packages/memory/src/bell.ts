import type { Clock } from "@spillway/spec";

/** Lets readers wait until there may be something new. */
export interface Bell {
  /** Wakes everyone who waits now. */
  ring(): void;
  /** Resolves at the next ring, after maxMs, or when the signal aborts, whichever comes first; leaves no timer and no listener behind. */
  wait(maxMs: number, signal: AbortSignal): Promise<void>;
}

/** Makes a bell that waits on this clock. */
export function bell(clock: Clock): Bell {
  const waiting = new Set<() => void>();
  return {
    ring() {
      for (const wake of waiting) wake();
    },
    wait: (maxMs, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const wake = (): void => {
          cancel();
          waiting.delete(wake);
          signal.removeEventListener("abort", wake);
          resolve();
        };
        const cancel = clock.schedule(maxMs, wake);
        waiting.add(wake);
        signal.addEventListener("abort", wake);
      }),
  };
}
