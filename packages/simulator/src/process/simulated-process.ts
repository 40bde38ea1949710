import type { Cancel, Clock } from "@spillway/spec";
import type { Random } from "../time/random.ts";
import type { VirtualTime } from "../time/virtual-time.ts";

/** How a machine's clock differs from the true time. */
export interface Skew {
  readonly offsetMs: number;
  /** How fast it runs: 1.05 gains a twentieth. Its timers run by it too. */
  readonly rate: number;
}

/** What a process is made of. */
export interface SimulatedProcessOptions {
  readonly time: VirtualTime;
  readonly name: string;
  readonly number: number;
  readonly skew: Skew;
  readonly random: Random;
  /** Called once, when it dies. */
  readonly onCrash: (process: SimulatedProcess, why: string) => void;
}

/**
 * One process of the simulated system. When it crashes, its timers do not run any more and no call of its is answered: all of its promises just never
 * go on, wherever they were.
 */
export class SimulatedProcess {
  readonly name: string;
  /** Numbers all processes of a run, in the order in which they were started. */
  readonly number: number;
  readonly clock: Clock;
  alive = true;
  /** Its network is cut until then. */
  cutUntilMs = 0;
  /** It is short of memory until then: it can work on so many messages at once. */
  pressedUntilMs = 0;
  pressedTo: number = Number.POSITIVE_INFINITY;
  readonly #options: SimulatedProcessOptions;
  readonly #startedAtMs: number;
  #jumpedMs = 0;

  constructor(options: SimulatedProcessOptions) {
    const { time, random, skew } = options;
    this.name = options.name;
    this.number = options.number;
    this.#options = options;
    this.#startedAtMs = time.nowMs;
    this.clock = {
      nowMs: () => this.#startedAtMs + skew.offsetMs + this.#jumpedMs + (time.nowMs - this.#startedAtMs) * skew.rate,
      schedule: (delayMs, task) => this.#schedule(delayMs / skew.rate, task),
      defer: (task) => this.#schedule(0, task),
      random: () => random.next(),
    };
  }

  get isCut(): boolean {
    return this.cutUntilMs > this.#options.time.nowMs;
  }

  /** The most messages that it has the memory to work on at once. */
  get mostAtOnce(): number {
    return this.pressedUntilMs > this.#options.time.nowMs ? this.pressedTo : Number.POSITIVE_INFINITY;
  }

  /** It dies here and now. */
  crash(why: string): void {
    if (!this.alive) return;
    this.alive = false;
    this.#options.onCrash(this, why);
  }

  /** Its wall clock is set; timers do not notice. */
  jump(byMs: number): void {
    this.#jumpedMs += byMs;
  }

  #schedule(delayMs: number, task: () => void): Cancel {
    if (!this.alive) return nothing;
    return this.#options.time.schedule(delayMs, () => {
      if (this.alive) task();
    });
  }
}

function nothing(): void {
  // The process is dead: there is nothing to cancel.
}
