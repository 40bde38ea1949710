import type { Clock } from "@spillway/spec";
import { wait } from "./wait.ts";

/** Keeps calls apart, so that one reader leaves room for the other that a shard allows. */
export interface CallPace {
  /** Resolves when the next call may be made. */
  turn(signal: AbortSignal): Promise<void>;
}

/** A pace of this many calls a second, evenly spread: a burst would meet the service's own limit. */
export function callPace(callsPerSecond: number, clock: Clock): CallPace {
  const gapMs = 1_000 / callsPerSecond;
  let nextMs = 0;
  return {
    async turn(signal) {
      const nowMs = clock.nowMs();
      // A clock that was set back must not hold calls for longer than one gap.
      const dueMs = Math.min(Math.max(nowMs, nextMs), nowMs + gapMs);
      nextMs = dueMs + gapMs;
      if (dueMs > nowMs) await wait(clock, dueMs - nowMs, signal);
    },
  };
}
