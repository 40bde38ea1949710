import type { Cancel } from "@spillway/spec";
import type { Breaker, BreakerState } from "../breaker.ts";
import { Ring } from "./ring.ts";
import type { Run } from "./run-context.ts";

/** How often a message may fail as a probe without using an attempt. */
const freeProbes = 10;

/**
 * What a breaker means for one stage: while it is open, the intake rests and what has come as far as the stage waits here; half-open, one probes;
 * closed, all go on. Each guard that knows it open sees to its half-opening, because the run of any other may end before that.
 */
export class BreakerGuard<Item extends object> {
  readonly #breaker: Breaker;
  readonly #run: Run;
  readonly #start: (item: Item) => void;
  readonly #waiting = new Ring<Item>();
  /** How often each has failed as a probe. */
  readonly #probes = new WeakMap<Item, number>();
  #resting = false;
  #cancelHalfOpen: Cancel | undefined = undefined;

  constructor(breaker: Breaker, run: Run, start: (item: Item) => void) {
    this.#breaker = breaker;
    this.#run = run;
    this.#start = start;
    const forget = breaker.onChange((state) => this.#changed(state));
    run.onEnd(() => {
      forget();
      this.#cancelHalfOpen?.();
    });
    if (breaker.state === "open") {
      this.#rest(true);
      this.#halfOpenLater();
    }
    run.breakers.add(breaker);
  }

  /** Whether the item may start now; if not, it is kept and started later. */
  admit(item: Item): boolean {
    if (this.#breaker.admit()) return true;
    this.#waiting.push(item);
    return false;
  }

  succeeded(): void {
    this.#breaker.succeeded();
  }

  /**
   * A failure; true when the item was a probe: it is kept, and has used no attempt. Others that wait probe before it, and in the end it uses one: or a
   * message that can never pass would keep the breaker open for ever.
   */
  failed(error: unknown, item: Item): boolean {
    if (!this.#breaker.failed(error)) return false;
    const probes = (this.#probes.get(item) ?? 0) + 1;
    if (probes > freeProbes) return false;
    this.#probes.set(item, probes);
    this.#waiting.push(item);
    return true;
  }

  gaveUp(): void {
    this.#breaker.gaveUp();
  }

  #changed(state: BreakerState): void {
    if (this.#run.listened) this.#run.emit({ type: "breaker", breaker: this.#breaker.name, state });
    this.#rest(state === "open");
    if (state === "open") {
      this.#halfOpenLater();
      return;
    }
    // Not within the call that changed it: its own bookkeeping comes first.
    this.#run.clock.defer(() => this.#startWaiting());
  }

  #halfOpenLater(): void {
    this.#cancelHalfOpen?.();
    this.#cancelHalfOpen = this.#run.clock.schedule(this.#breaker.openMs, () => this.#breaker.halfOpen());
  }

  #startWaiting(): void {
    while (this.#waiting.size > 0 && this.#breaker.admit()) this.#start(this.#waiting.shift() as Item);
  }

  #rest(resting: boolean): void {
    if (this.#resting === resting) return;
    this.#resting = resting;
    this.#run.rest(resting ? 1 : -1);
  }
}
