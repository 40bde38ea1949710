/** What became of a place in the window so far. */
export const PlaceState = { waiting: 0, started: 1, parked: 2, settled: 3 } as const;

const wrap = 0x3fff_ffff;

/**
 * The messages of one feed from the watermark to the newest, by dense sequence number: a byte ring with a base pointer, and beside it the record
 * and one link of each place, so that a queued message costs 13 bytes and settling one is O(1) in any order. Sequence numbers wrap at 2^30, so
 * that they always are small integers.
 */
export class Window<Record> {
  /** The first unsettled place; the watermark is just before it. */
  base: number;
  /** One beyond the newest place. */
  end: number;
  /** How many places beyond the base are settled. */
  ahead = 0;
  private mask: number;
  private records: (Record | undefined)[];
  private links: Int32Array;
  private states: Uint8Array;

  constructor(capacity = 256, first = 0) {
    this.base = first & wrap;
    this.end = this.base;
    this.mask = capacity - 1;
    this.records = new Array<Record | undefined>(capacity).fill(undefined);
    this.links = new Int32Array(capacity);
    this.states = new Uint8Array(capacity);
  }

  /** How many places there are between base and end. */
  get size(): number {
    return (this.end - this.base) & wrap;
  }

  /** What the place just before the base keeps: the watermark is there. Undefined as long as the base has not moved. */
  get passed(): Record | undefined {
    return this.records[(this.base - 1) & this.mask];
  }

  /** Adds a place at the end and returns its sequence number. */
  append(record: Record): number {
    // One place less than there is room for, because the last one that was passed is kept.
    if (this.size >= this.mask) this.grow();
    const sequence = this.end;
    const slot = sequence & this.mask;
    this.records[slot] = record;
    this.states[slot] = PlaceState.waiting;
    this.end = (sequence + 1) & wrap;
    return sequence;
  }

  /** Adds a place for each of these at the end, in their order; returns how many. */
  appendAll(records: readonly Record[]): number {
    while (this.size + records.length > this.mask) this.grow();
    const { mask, records: ring, states, end } = this;
    let sequence = end;
    for (const record of records) {
      ring[sequence & mask] = record;
      states[sequence & mask] = PlaceState.waiting;
      sequence = (sequence + 1) & wrap;
    }
    this.end = sequence;
    return records.length;
  }

  record(sequence: number): Record | undefined {
    return this.records[sequence & this.mask];
  }

  setRecord(sequence: number, record: Record | undefined): void {
    this.records[sequence & this.mask] = record;
  }

  state(sequence: number): number {
    return this.states[sequence & this.mask] as number;
  }

  setState(sequence: number, state: number): void {
    this.states[sequence & this.mask] = state;
  }

  /** What was last set for a place by `setLink`; nothing to be read before. */
  link(sequence: number): number {
    return this.links[sequence & this.mask] as number;
  }

  setLink(sequence: number, next: number): void {
    this.links[sequence & this.mask] = next;
  }

  /** The sequence number after this one. */
  after(sequence: number): number {
    return (sequence + 1) & wrap;
  }

  /** How many places there are from the base up to this sequence number; 0 when the base has passed it. */
  before(sequence: number): number {
    const distance = (sequence - this.base) & wrap;
    return distance <= this.size ? distance : 0;
  }

  /** Marks a place settled, then moves the base over all that is settled. Returns whether it has moved. */
  settle(sequence: number): boolean {
    this.setState(sequence, PlaceState.settled);
    if (sequence === this.base) return this.settleUntil(this.after(sequence)) > 0;
    this.ahead++;
    return false;
  }

  /** Settles all places from the base to before this one, and moves the base over all that is settled; returns how many those from the base were. */
  settleUntil(sequence: number): number {
    const { records, states, mask, end } = this;
    let { base } = this;
    const count = (sequence - base) & wrap;
    let left = count;
    for (; left > 0 || (base !== end && states[base & mask] === PlaceState.settled); left--) {
      records[(base - 1) & mask] = undefined;
      base = (base + 1) & wrap;
    }
    this.base = base;
    this.ahead += left;
    return count;
  }

  /** Calls `visit` for each place from base to end. */
  forEach(visit: (record: Record, state: number, sequence: number) => void): void {
    const end = this.end;
    for (let sequence = this.base; sequence !== end; sequence = (sequence + 1) & wrap) {
      visit(this.records[sequence & this.mask] as Record, this.states[sequence & this.mask] as number, sequence);
    }
  }

  private grow(): void {
    const capacity = (this.mask + 1) * 2;
    const mask = capacity - 1;
    const records = new Array<Record | undefined>(capacity).fill(undefined);
    const links = new Int32Array(capacity);
    const states = new Uint8Array(capacity);
    for (let sequence = this.base; sequence !== this.end; sequence = (sequence + 1) & wrap) {
      const from = sequence & this.mask;
      const to = sequence & mask;
      records[to] = this.records[from];
      links[to] = this.links[from] as number;
      states[to] = this.states[from] as number;
    }
    records[(this.base - 1) & mask] = this.passed;
    this.mask = mask;
    this.records = records;
    this.links = links;
    this.states = states;
  }
}
