import type { Clock } from "@spillway/spec";

/** Time as one who waits for another's lease to run out may count it. */
export interface ObservedTime {
  /** Milliseconds counted so far; only differences have a meaning. */
  nowMs(): number;
  /** Counts what went by since the last call: at most waitedMs, which a timer has really waited, and a little for the work around it. */
  count(waitedMs: number): void;
}

/**
 * The opposite of an owner's deadline: of the timer and the wall clock, the shorter counts. A wall clock that was set forward, or a machine that
 * slept, makes nobody take a lease that its owner still believes in; what is counted too little only delays a take-over.
 */
export function observedTime(clock: Clock, workMs: number): ObservedTime {
  let lastMs = clock.nowMs();
  let countedMs = 0;
  return {
    nowMs: () => countedMs,
    count(waitedMs) {
      const nowMs = clock.nowMs();
      countedMs += Math.min(Math.max(0, nowMs - lastMs), waitedMs + workMs);
      lastMs = nowMs;
    },
  };
}
