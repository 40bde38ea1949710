import { seededRandom } from "./seeded-random.ts";

/** A clock whose waits pass at once: its time jumps to the moment that was waited for. */
export interface HastyClock {
  nowMs(): number;
  schedule(delayMs: number, task: () => void): () => void;
  defer(task: () => void): () => void;
  random(): number;
  /** Lets this much time pass without a wait. */
  advance(ms: number): void;
  /** Every delay that was asked for so far, in milliseconds. */
  readonly delaysMs: readonly number[];
}

/** Starts such a clock; random numbers come from the seed. */
export function hastyClock(seed = 1): HastyClock {
  const random = seededRandom(seed);
  const delaysMs: number[] = [];
  let nowMs = 1_700_000_000_000;
  return {
    delaysMs,
    nowMs: () => nowMs,
    random,
    advance: (ms) => {
      nowMs += ms;
    },
    schedule(delayMs, task) {
      delaysMs.push(delayMs);
      const dueMs = nowMs + delayMs;
      const immediate = setImmediate(() => {
        nowMs = Math.max(nowMs, dueMs);
        task();
      });
      return () => clearImmediate(immediate);
    },
    defer(task) {
      const immediate = setImmediate(task);
      return () => clearImmediate(immediate);
    },
  };
}
