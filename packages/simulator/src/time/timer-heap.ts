/** A task that is due at an instant; without `run` it was cancelled. */
export interface Timer {
  readonly dueMs: number;
  /** Of timers that are due at the same instant, the one that was made first runs first. */
  readonly order: number;
  run: (() => void) | undefined;
}

/** Timers, the next one first: a binary heap. Cancelled ones stay in it until they come up. */
export class TimerHeap {
  private readonly timers: Timer[] = [];

  push(timer: Timer): void {
    const { timers } = this;
    let at = timers.length;
    timers.push(timer);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = timers[above] as Timer;
      if (!isBefore(timer, parent)) break;
      timers[at] = parent;
      at = above;
    }
    timers[at] = timer;
  }

  /** The next timer that was not cancelled, removed; undefined when there is none. */
  pop(): Timer | undefined {
    for (let timer = this.removeFirst(); timer !== undefined; timer = this.removeFirst()) if (timer.run !== undefined) return timer;
    return undefined;
  }

  private removeFirst(): Timer | undefined {
    const { timers } = this;
    const first = timers[0];
    const last = timers.pop();
    if (last === undefined || timers.length === 0) return first;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= timers.length) break;
      const right = left + 1;
      const least = right < timers.length && isBefore(timers[right] as Timer, timers[left] as Timer) ? right : left;
      if (!isBefore(timers[least] as Timer, last)) break;
      timers[at] = timers[least] as Timer;
      at = least;
    }
    timers[at] = last;
    return first;
  }
}

function isBefore(one: Timer, other: Timer): boolean {
  return one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.order < other.order);
}
