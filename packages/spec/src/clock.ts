/** Ends a scheduled task; calling it again, or after the task ran, does nothing. */
export type Cancel = () => void;

/**
 * Time, timers and randomness, as one object that is passed in: under a virtual clock the whole engine runs without waiting, and the same
 * seed gives the same run.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  nowMs(): number;
  /** Runs the task once, not before delayMs from now. The task must not throw. */
  schedule(delayMs: number, task: () => void): Cancel;
  /** Runs the task once, after what is due now: how the engine lets the event loop breathe. The task must not throw. */
  defer(task: () => void): Cancel;
  /** At least 0, less than 1. */
  random(): number;
}

/** The machine's own clock, timers and randomness. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  schedule(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
  defer(task) {
    const immediate = setImmediate(task);
    return () => clearImmediate(immediate);
  },
  random: () => Math.random(),
};
