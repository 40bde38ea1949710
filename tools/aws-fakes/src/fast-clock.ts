import type { HastyClock } from "./hasty-clock.ts";

/** A clock that runs this many times as fast as the machine's: for suites that have to wait for paces and pauses, but not that long. */
export function fastClock(factor: number): Omit<HastyClock, "advance" | "delaysMs"> {
  const startMs = Date.now();
  return {
    nowMs: () => startMs + (Date.now() - startMs) * factor,
    schedule(delayMs, task) {
      const timer = setTimeout(task, delayMs / factor);
      return () => clearTimeout(timer);
    },
    defer(task) {
      const immediate = setImmediate(task);
      return () => clearImmediate(immediate);
    },
    random: () => Math.random(),
  };
}
