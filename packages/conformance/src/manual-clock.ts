import type { Cancel, Clock } from "@spillway/spec";

/** A clock for harnesses and tests that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  /**
   * Moves time forward and runs everything that becomes due on the way, each at its own time and in order. Resolves when what that set off has
   * settled as far as promises go.
   */
  advance(ms: number): Promise<void>;
}

interface Task {
  readonly atMs: number;
  readonly run: () => void;
}

/** Makes a clock that begins at startMs and gives the same "random" numbers in every run. */
export function manualClock(startMs = 1_700_000_000_000): ManualClock {
  let nowMs = startMs;
  let seed = 1;
  const tasks = new Set<Task>();

  function add(delayMs: number, run: () => void): Cancel {
    const task: Task = { atMs: nowMs + Math.max(0, delayMs), run };
    tasks.add(task);
    return () => {
      tasks.delete(task);
    };
  }

  function nextDue(untilMs: number): Task | undefined {
    let next: Task | undefined;
    for (const task of tasks) if (task.atMs <= untilMs && (next === undefined || task.atMs < next.atMs)) next = task;
    return next;
  }

  return {
    nowMs: () => nowMs,
    schedule: add,
    defer: (task) => {
      const immediate = setImmediate(task);
      return () => clearImmediate(immediate);
    },
    random() {
      // mulberry32's step: enough for jitter, and the same in every run.
      seed = (seed + 0x6d2b79f5) | 0;
      const mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
    },
    async advance(ms) {
      const untilMs = nowMs + ms;
      for (let task = nextDue(untilMs); task !== undefined; task = nextDue(untilMs)) {
        nowMs = task.atMs;
        tasks.delete(task);
        task.run();
        await settleMicrotasks();
      }
      nowMs = untilMs;
      await settleMicrotasks();
    },
  };
}

/** Promise continuations of any length run before the next immediate. */
function settleMicrotasks(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
