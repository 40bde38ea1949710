import type { Cancel, Clock } from "@spillway/spec";
import type { TrackedDelivery } from "./tracked-delivery.ts";

/** Retries are due in steps of this many milliseconds: what costs is the number of wake-ups, and backoff needs no finer steps. */
const stepMs = 10;

/** Deliveries that wait for their next attempt, in buckets by due time, with one timer for all. */
export class RetryWheel {
  readonly #clock: Clock;
  readonly #due: (delivery: TrackedDelivery) => void;
  readonly #buckets = new Map<number, TrackedDelivery[]>();
  #cancel: Cancel | undefined = undefined;
  #wakesAt = Number.POSITIVE_INFINITY;
  /** How many are waiting, those included that were aborted meanwhile. */
  size = 0;

  constructor(clock: Clock, due: (delivery: TrackedDelivery) => void) {
    this.#clock = clock;
    this.#due = due;
  }

  add(delivery: TrackedDelivery, delayMs: number): void {
    const step = Math.ceil((this.#clock.nowMs() + delayMs) / stepMs);
    const bucket = this.#buckets.get(step);
    if (bucket === undefined) this.#buckets.set(step, [delivery]);
    else bucket.push(delivery);
    this.size++;
    if (step < this.#wakesAt) this.#wakeAt(step);
  }

  #wakeAt(step: number): void {
    this.#cancel?.();
    this.#wakesAt = step;
    this.#cancel = this.#clock.schedule(Math.max(0, step * stepMs - this.#clock.nowMs()), () => this.#wake());
  }

  #wake(): void {
    this.#cancel = undefined;
    this.#wakesAt = Number.POSITIVE_INFINITY;
    const now = this.#clock.nowMs() / stepMs;
    let earliest = Number.POSITIVE_INFINITY;
    const due: TrackedDelivery[][] = [];
    for (const [step, bucket] of this.#buckets) {
      if (step > now) earliest = Math.min(earliest, step);
      else {
        this.#buckets.delete(step);
        due.push(bucket);
      }
    }
    if (earliest !== Number.POSITIVE_INFINITY) this.#wakeAt(earliest);
    for (const bucket of due) {
      this.size -= bucket.length;
      for (const delivery of bucket) if (!delivery.settled) this.#due(delivery);
    }
  }
}
