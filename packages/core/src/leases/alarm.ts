import type { Clock } from "@spillway/spec";

/** One sleeper that can be woken early. */
export interface Alarm {
  /** Resolves after delayMs, or at once when woken now or since the last sleep, to how much of the delay a timer really waited: all or nothing. */
  sleep(delayMs: number): Promise<number>;
  readonly wake: () => void;
}

/** An alarm over the clock; it holds a timer only while somebody sleeps. */
export function alarm(clock: Clock): Alarm {
  let woken = false;
  let rouse: (() => void) | undefined;
  return {
    sleep(delayMs) {
      return new Promise((resolve) => {
        const end = (waitedMs: number): void => {
          cancel();
          rouse = undefined;
          woken = false;
          resolve(waitedMs);
        };
        const cancel = clock.schedule(delayMs, () => end(delayMs));
        rouse = () => end(0);
        if (woken) rouse();
      });
    },
    wake() {
      woken = true;
      rouse?.();
    },
  };
}
