import type { Cancel } from "@spillway/spec";
import { TimerHeap, type Timer } from "./timer-heap.ts";

/** Where virtual time begins: an instant like any other, the same in every run. */
export const epochMs = 1_700_000_000_000;

/**
 * Time that stands still while anything runs and then jumps to the next timer, so that hours pass in milliseconds and every run of a seed is the same.
 *
 * Between two timers all microtasks run to their end, however many they beget: a microtask asks for process.nextTick, which Node runs when the microtask
 * queue is empty. That costs well under a microsecond, where a turn of the real event loop costs many, and is as exact.
 */
export class VirtualTime {
  nowMs: number = epochMs;
  readonly #heap = new TimerHeap();
  #order = 0;
  /** How many timers have run. */
  ran = 0;

  /** Runs the task once, delayMs from now, after what is due at the same instant already. */
  schedule(delayMs: number, run: () => void): Cancel {
    const timer: Timer = { dueMs: this.nowMs + Math.max(0, delayMs), order: this.#order++, run };
    this.#heap.push(timer);
    return () => {
      timer.run = undefined;
    };
  }

  /** Resolves after a delay. */
  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.schedule(delayMs, resolve));
  }

  /**
   * Runs timer by timer until the condition holds, and resolves to true; to false when nothing is scheduled any more, or nothing before `untilMs`.
   * Rejects with what a timer throws.
   */
  run(condition: () => boolean, untilMs: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const step = (): void => {
        if (condition()) return resolve(true);
        const timer = this.#heap.pop();
        if (timer === undefined) return resolve(false);
        if (timer.dueMs > untilMs) {
          this.#heap.push(timer);
          return resolve(false);
        }
        this.nowMs = Math.max(this.nowMs, timer.dueMs);
        this.ran++;
        try {
          timer.run?.();
        } catch (error) {
          return reject(error);
        }
        whenMicrotasksAreDone(step);
      };
      whenMicrotasksAreDone(step);
    });
  }
}

/** Calls back when the microtask queue is empty. Asked of a microtask, because nextTick callbacks of one batch run before any microtask. */
function whenMicrotasksAreDone(then: () => void): void {
  queueMicrotask(() => process.nextTick(then));
}
