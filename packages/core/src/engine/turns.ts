import type { Feed } from "./feed.ts";
import { Ring } from "./ring.ts";

/** Feeds of one priority. */
interface Level {
  readonly feeds: Ring<Feed>;
  /** How many turns it has had since it gave one to a lower priority. */
  sinceLower: number;
}

/**
 * Whose turn it is: feeds that may have something to start, in rounds, the higher priorities first but for a share of the lower ones. Of that share the lower
 * ones leave as much again to those below them, so that none starves, however many there are.
 */
export class Turns {
  readonly #levels: Level[] = [newLevel()];
  /** Every so many turns, a feed of a lower priority has one although a higher has work. */
  readonly #lowerEvery: number;
  #waiting = 0;

  constructor(lowerShare: number) {
    this.#lowerEvery = Math.ceil(1 / lowerShare);
  }

  /** Whether there are feeds of several priorities, so that each start is a turn. */
  ranked = false;

  /** Whether any feed is waiting for its turn. */
  get some(): boolean {
    return this.#waiting > 0;
  }

  add(feed: Feed): void {
    while (this.#levels.length <= feed.level) this.#levels.push(newLevel());
    this.ranked = this.#levels.length > 1;
    (this.#levels[feed.level] as Level).feeds.push(feed);
    this.#waiting++;
  }

  /** The next feed; undefined when none is waiting. */
  next(): Feed | undefined {
    if (this.#waiting === 0) return undefined;
    this.#waiting--;
    if (!this.ranked) return this.#levels[0]?.feeds.shift();
    let at = this.#firstFrom(0);
    for (let level = this.#levels[at]; level !== undefined && ++level.sinceLower >= this.#lowerEvery; level = this.#levels[at]) {
      const lower = this.#firstFrom(at + 1);
      if (lower < 0) break;
      level.sinceLower = 0;
      at = lower;
    }
    return this.#levels[at]?.feeds.shift();
  }

  /** The highest priority that has work, of this one and those below it; -1 when none has. */
  #firstFrom(level: number): number {
    return this.#levels.findIndex(({ feeds }, at) => at >= level && feeds.size > 0);
  }
}

function newLevel(): Level {
  return { feeds: new Ring<Feed>(), sinceLower: 0 };
}
