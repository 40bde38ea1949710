import { SpillwayError, type Cancel, type Clock } from "@spillway/spec";
import { taskQueue, type Task, type TaskQueue } from "./task-queue.ts";

/** Time that moves only when a test says so, with timers in the order of their due time and a seeded random. */
export interface VirtualClock extends Clock {
  /** Runs everything that falls due within the next ms, each at its own time, with microtasks flushed in between. Resolves when all of it ran. */
  advance(ms: number): Promise<void>;
  /**
   * Runs timer by timer until the condition holds, and resolves at that instant. Rejects when nothing is scheduled any more, or when limitMs
   * (default ten minutes) of virtual time went by: what the test waits for will not happen.
   */
  runUntil(condition: () => boolean, limitMs?: number): Promise<void>;
  /** Lets everything run that needs no time to pass: microtasks and deferred tasks. */
  settle(): Promise<void>;
  /** How many timers and deferred tasks wait: 0 when nothing was left behind. */
  readonly pending: number;
}

/** How one machine's clock differs from the true time of a VirtualClock. */
export interface ClockSkew {
  /** Added to what nowMs tells. */
  readonly offsetMs: number;
  /** How fast it runs: 1.1 gains a tenth. Its timers run by it too. */
  readonly rate: number;
}

/** A clock as one skewed machine sees it; `jump` moves its wall clock by hand, as a time server may, and its timers do not notice. */
export interface SkewedClock extends Clock {
  jump(byMs: number): void;
}

/** A VirtualClock; the same seed gives the same random numbers. */
export function virtualClock(options: { readonly seed?: number; readonly startMs?: number } = {}): VirtualClock {
  const random = seededRandom(options.seed ?? 1);
  let nowMs = options.startMs ?? 1_700_000_000_000;
  let order = 0;
  const timers = taskQueue();
  const deferred = new Set<Task>();

  function add(to: Pick<TaskQueue, "add" | "delete">, delayMs: number, run: () => void): Cancel {
    const task: Task = { dueMs: nowMs + Math.max(0, delayMs), order: order++, run };
    to.add(task);
    return () => to.delete(task);
  }

  /** A pass of the real event loop, because only that drains microtasks which beget microtasks. */
  async function settle(): Promise<void> {
    await eventLoopTurn();
    while (deferred.size > 0) {
      for (const task of Array.from(deferred)) {
        if (deferred.delete(task)) task.run();
      }
      await eventLoopTurn();
    }
  }

  async function run(task: Task): Promise<void> {
    timers.delete(task);
    nowMs = Math.max(nowMs, task.dueMs);
    task.run();
    await settle();
  }

  return {
    nowMs: () => nowMs,
    schedule: (delayMs, task) => add(timers, delayMs, task),
    defer: (task) => add(deferred, 0, task),
    random,
    settle,
    async advance(ms) {
      const untilMs = nowMs + ms;
      await settle();
      for (let next = timers.first(); next !== undefined && next.dueMs <= untilMs; next = timers.first()) await run(next);
      nowMs = untilMs;
    },
    async runUntil(condition, limitMs = 600_000) {
      const untilMs = nowMs + limitMs;
      await settle();
      while (!condition()) {
        const next = timers.first();
        if (next === undefined) throw neverHappened("nothing is scheduled any more");
        if (next.dueMs > untilMs) throw neverHappened(`${limitMs} ms of virtual time went by`);
        await run(next);
      }
    },
    get pending() {
      return timers.size + deferred.size;
    },
  };
}

/** The clock of a machine that runs too fast, too slow or at another time of day. */
export function skewedClock(clock: Clock, skew: ClockSkew): SkewedClock {
  const startMs = clock.nowMs();
  let offsetMs = skew.offsetMs;
  return {
    nowMs: () => startMs + offsetMs + (clock.nowMs() - startMs) * skew.rate,
    schedule: (delayMs, task) => clock.schedule(delayMs / skew.rate, task),
    defer: (task) => clock.defer(task),
    random: () => clock.random(),
    jump(byMs) {
      offsetMs += byMs;
    },
  };
}

/** Random numbers from 0 to less than 1, the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function neverHappened(why: string): SpillwayError {
  return new SpillwayError(`The condition of runUntil never came true: ${why}.`, { code: "SPILLWAY_INTERNAL", failureClass: "fatal" });
}
