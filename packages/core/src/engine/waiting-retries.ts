import type { TrackedDelivery } from "./tracked-delivery.ts";

interface Retry {
  readonly delivery: TrackedDelivery;
  readonly go: () => void;
}

/** Half of the sequence numbers: a place is before another when it is less than this behind it. */
const half = 0x2000_0000;

/**
 * Messages of a feed whose next attempt is due and waits for its turn. The first of them by its place is the next: one behind it in its lane could do
 * nothing with the turn. As many as are started carefully, at most.
 */
export class WaitingRetries {
  #retries: Retry[] = [];

  get size(): number {
    return this.#retries.length;
  }

  add(delivery: TrackedDelivery, go: () => void): void {
    this.#retries.push({ delivery, go });
  }

  /** Removes the first one that has not ended; undefined when there is none. */
  next(): Retry | undefined {
    this.#retries = this.#retries.filter(({ delivery }) => !delivery.settled);
    let first = this.#retries[0];
    for (const retry of this.#retries) if (first !== undefined && isBefore(retry.delivery.sequence, first.delivery.sequence)) first = retry;
    if (first !== undefined) this.#retries.splice(this.#retries.indexOf(first), 1);
    return first;
  }
}

function isBefore(one: number, other: number): boolean {
  const distance = (other - one) & 0x3fff_ffff;
  return distance > 0 && distance < half;
}
