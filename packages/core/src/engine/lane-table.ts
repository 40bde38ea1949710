const none = -1;
/** Keys longer than this are hashed by as many of their characters, evenly spread, the last one among them. */
const sampled = 32;

/**
 * The busy lanes of a feed by key, each with the last place in it. A lane comes and goes with nearly every message that has something to wait for; a
 * Map, which rebuilds itself after so many deletions, made that the dearest part of key order. So this is a hash table in flat arrays, chained, in
 * which a lane keeps its number while it lives and is removed by it, without looking at its key again.
 */
export class LaneTable {
  private buckets: Int32Array;
  private keys: (string | undefined)[];
  private hashes: Int32Array;
  private lasts: Int32Array;
  /** The next lane of the same bucket, or of the free list. */
  private links: Int32Array;
  private free = none;
  /** How many lane numbers have ever been used. */
  private used = 0;
  /** How many lanes are busy. */
  size = 0;

  constructor(capacity = 64) {
    this.buckets = new Int32Array(capacity).fill(none);
    this.keys = new Array<string | undefined>(capacity).fill(undefined);
    this.hashes = new Int32Array(capacity);
    this.lasts = new Int32Array(capacity);
    this.links = new Int32Array(capacity);
  }

  /** The number of this key's lane, or -1 when it is not busy. */
  find(key: string, hash: number): number {
    let lane = this.buckets[hash & (this.buckets.length - 1)] as number;
    while (lane >= 0 && (this.hashes[lane] !== hash || this.keys[lane] !== key)) lane = this.links[lane] as number;
    return lane;
  }

  /** Makes a lane that was not found busy; returns its number. */
  add(key: string, hash: number, last: number): number {
    if (this.size === this.buckets.length) this.grow();
    let lane = this.free;
    if (lane >= 0) this.free = this.links[lane] as number;
    else lane = this.used++;
    const bucket = hash & (this.buckets.length - 1);
    this.keys[lane] = key;
    this.hashes[lane] = hash;
    this.lasts[lane] = last;
    this.links[lane] = this.buckets[bucket] as number;
    this.buckets[bucket] = lane;
    this.size++;
    return lane;
  }

  /** The last place in a lane. */
  last(lane: number): number {
    return this.lasts[lane] as number;
  }

  setLast(lane: number, sequence: number): void {
    this.lasts[lane] = sequence;
  }

  /** Nothing is in the lane any more. */
  remove(lane: number): void {
    const bucket = (this.hashes[lane] as number) & (this.buckets.length - 1);
    let before = none;
    for (let other = this.buckets[bucket] as number; other !== lane; other = this.links[other] as number) before = other;
    if (before < 0) this.buckets[bucket] = this.links[lane] as number;
    else this.links[before] = this.links[lane] as number;
    this.keys[lane] = undefined;
    this.links[lane] = this.free;
    this.free = lane;
    this.size--;
  }

  /** Called when all numbers are in use, so that the free list is empty. */
  private grow(): void {
    const capacity = this.buckets.length * 2;
    this.buckets = new Int32Array(capacity).fill(none);
    this.keys.length = capacity;
    this.keys.fill(undefined, this.used);
    this.hashes = copied(this.hashes, capacity);
    this.lasts = copied(this.lasts, capacity);
    this.links = new Int32Array(capacity);
    for (let lane = 0; lane < this.used; lane++) {
      const bucket = (this.hashes[lane] as number) & (capacity - 1);
      this.links[lane] = this.buckets[bucket] as number;
      this.buckets[bucket] = lane;
    }
  }
}

/** A key's hash for the table, at least 0 and less than 2^30: FNV-1a over its characters. */
export function hashOf(key: string): number {
  const step = key.length <= sampled ? 1 : Math.ceil(key.length / sampled);
  let hash = key.length ^ 0x811c9dc5;
  for (let index = key.length - 1; index >= 0; index -= step) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  return (hash ^ (hash >>> 15)) & 0x3fff_ffff;
}

function copied(values: Int32Array, capacity: number): Int32Array {
  const copy = new Int32Array(capacity);
  copy.set(values);
  return copy;
}
