import type { Cancel, Clock } from "@spillway/spec";
import { maxTimerMs } from "./require.ts";
import type { Home } from "./home.ts";
import type { Failure } from "./mark.ts";
import { ParkingLot } from "./parking-lot.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";

/** Retries are due in steps of this many milliseconds: what costs is the number of wake-ups, and backoff needs no finer steps. */
const stepMs = 10;

/** What is due at one step: parked messages, chained in the lot, and deliveries that cannot be parked. */
interface Bucket {
  first: number;
  last: number;
  readonly deliveries: TrackedDelivery[];
}

/** Deliveries that wait for their next attempt, in buckets by due time, with one timer for all. */
export class RetryWheel {
  readonly #clock: Clock;
  readonly #due: (delivery: TrackedDelivery) => void;
  readonly #lot = new ParkingLot();
  readonly #buckets = new Map<number, Bucket>();
  #cancel: Cancel | undefined = undefined;
  #wakesAt = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, due: (delivery: TrackedDelivery) => void) {
    this.#clock = clock;
    this.#due = due;
  }

  /** How many messages wait without their deliveries. */
  get parked(): number {
    return this.#lot.size;
  }

  /** Keeps a failed delivery until its delay is over. The object is not to be used any more: another one may go on in its place. */
  add(delivery: TrackedDelivery, failure: Failure): void {
    const step = Math.ceil((this.#clock.nowMs() + failure.delayMs) / stepMs);
    let bucket = this.#buckets.get(step);
    if (bucket === undefined) this.#buckets.set(step, (bucket = { first: -1, last: -1, deliveries: [] }));
    if (delivery.feed.parking?.park(delivery) === true) this.#chain(bucket, this.#lot.park(delivery, failure));
    else bucket.deliveries.push(delivery);
    if (step < this.#wakesAt) this.#wakeAt(step);
  }

  /** Takes out what waits for a home, to end it; all of it, or the message of one place. */
  takeAll(home: Home, sequence?: number): readonly TrackedDelivery[] {
    return this.#lot.takeAll(home, sequence);
  }

  /** The delivery that waits for a place, to look at. */
  peek(home: Home, sequence: number): TrackedDelivery | undefined {
    return this.#lot.peek(home, sequence);
  }

  #chain(bucket: Bucket, entry: number): void {
    if (bucket.last < 0) bucket.first = entry;
    else this.#lot.chain(bucket.last, entry);
    bucket.last = entry;
  }

  /** Nothing is due any more. */
  end(): void {
    this.#cancel?.();
  }

  #wakeAt(step: number): void {
    this.#cancel?.();
    this.#wakesAt = step;
    this.#cancel = this.#clock.schedule(Math.min(maxTimerMs, Math.max(0, step * stepMs - this.#clock.nowMs())), () => this.#wake());
  }

  #wake(): void {
    this.#cancel = undefined;
    this.#wakesAt = Number.POSITIVE_INFINITY;
    const now = this.#clock.nowMs() / stepMs;
    let earliest = Number.POSITIVE_INFINITY;
    const due: Bucket[] = [];
    for (const [step, bucket] of this.#buckets) {
      if (step > now) earliest = Math.min(earliest, step);
      else {
        this.#buckets.delete(step);
        due.push(bucket);
      }
    }
    if (earliest !== Number.POSITIVE_INFINITY) this.#wakeAt(earliest);
    for (const bucket of due) this.#empty(bucket);
  }

  #empty(bucket: Bucket): void {
    for (let entry = bucket.first; entry >= 0; ) {
      const next = this.#lot.next(entry);
      const delivery = this.#lot.take(entry);
      this.#lot.release(entry);
      if (delivery !== undefined) this.#due(delivery);
      entry = next;
    }
    for (const delivery of bucket.deliveries) if (!delivery.settled) this.#due(delivery);
  }
}
