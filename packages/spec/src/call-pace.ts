import type { Clock } from "./clock.ts";
import { wait } from "./wait.ts";

/** Keeps calls apart, where a provider takes only so many a second and others call it too. */
export interface CallPace {
  /** Resolves when the next call may be made. */
  turn(signal: AbortSignal): Promise<void>;
}

/** A pace of this many calls a second, evenly spread: a burst would meet the service's own limit. */
export function callPace(callsPerSecond: number, clock: Clock): CallPace {
  const gapMs = 1_000 / callsPerSecond;
  let seenMs = 0;
  let nextMs = 0;
  return {
    async turn(signal) {
      const nowMs = clock.nowMs();
      // A clock that was set back must not hold calls for longer than their gaps: what was promised goes back with it.
      if (nowMs < seenMs) nextMs -= seenMs - nowMs;
      seenMs = nowMs;
      const dueMs = Math.max(nowMs, nextMs);
      nextMs = dueMs + gapMs;
      if (dueMs > nowMs) await wait(clock, dueMs - nowMs, signal);
    },
  };
}
