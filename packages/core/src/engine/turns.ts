import type { Feed } from "./feed.ts";
import { Ring } from "./ring.ts";

/** Whose turn it is: feeds that may have something to start, in rounds, the higher priorities first but for a share of the lower ones. */
export class Turns {
  readonly #levels: Ring<Feed>[] = [new Ring<Feed>()];
  /** Every so many turns, a feed of a lower priority has one although a higher has work. */
  readonly #lowerEvery: number;
  #sinceLower = 0;
  #waiting = 0;

  constructor(lowerShare: number) {
    this.#lowerEvery = Math.ceil(1 / lowerShare);
  }

  /** Whether there are feeds of several priorities, so that each start is a turn. */
  get ranked(): boolean {
    return this.#levels.length > 1;
  }

  /** Whether any feed is waiting for its turn. */
  get some(): boolean {
    return this.#waiting > 0;
  }

  add(feed: Feed): void {
    while (this.#levels.length <= feed.level) this.#levels.push(new Ring<Feed>());
    (this.#levels[feed.level] as Ring<Feed>).push(feed);
    this.#waiting++;
  }

  /** The next feed; undefined when none is waiting. */
  next(): Feed | undefined {
    if (this.#waiting === 0) return undefined;
    this.#waiting--;
    if (this.#levels.length === 1) return this.#levels[0]?.shift();
    const lower = ++this.#sinceLower >= this.#lowerEvery ? this.#lowerOne() : undefined;
    if (lower !== undefined) this.#sinceLower = 0;
    return lower ?? this.#levels.find(({ size }) => size > 0)?.shift();
  }

  /** The next feed below the highest priority that has work. */
  #lowerOne(): Feed | undefined {
    const highest = this.#levels.findIndex(({ size }) => size > 0);
    return this.#levels.find(({ size }, level) => level > highest && size > 0)?.shift();
  }
}
