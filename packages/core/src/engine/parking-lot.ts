import type { Home } from "./home.ts";
import type { Failure } from "./mark.ts";
import type { Rationing } from "./rationing.ts";
import type { Admission, RunnableStage } from "./stage.ts";
import { TrackedDelivery } from "./tracked-delivery.ts";

const pageBits = 10;
const pageSize = 1 << pageBits;
const none = -1;
/** Stands for a value that a stage has made undefined: a place without one has the message's own. */
const madeUndefined: unique symbol = Symbol("undefined");

/** What the messages that wait at one stage of one feed have in common. */
interface Site {
  readonly home: Home;
  readonly stage: RunnableStage;
  readonly holder: Admission | undefined;
  readonly ownsLane: boolean;
  readonly rationing: Rationing | undefined;
  /** How many wait there. */
  parked: number;
}

/** The columns of a thousand waiting messages: 38 bytes for each, and 8 more where stages have changed the value. */
class Page {
  readonly sites = new Uint16Array(pageSize);
  readonly sequences = new Int32Array(pageSize);
  readonly nexts = new Int32Array(pageSize);
  readonly attempts = new Uint32Array(pageSize);
  readonly failedAtMs = new Float64Array(pageSize);
  readonly delaysMs = new Float32Array(pageSize);
  readonly waitedMs = new Float32Array(pageSize);
  readonly errors = new Array<unknown>(pageSize).fill(undefined);
  values: unknown[] | undefined = undefined;
}

/**
 * Messages that wait for their next attempt, without their deliveries: an outage may leave a hundred thousand of them. A delivery is taken apart when it
 * begins to wait and put together again when it goes on. Entries are chained by the caller, by their numbers.
 */
export class ParkingLot {
  readonly #pages: Page[] = [];
  /** Site 0 stands for "free" or "taken". */
  readonly #sites: (Site | undefined)[] = [undefined];
  #free = none;
  #used = 0;
  /** How many messages wait. */
  size = 0;

  /** Takes a failed delivery apart; returns the number of its entry. The home has agreed to keep its message. */
  park(delivery: TrackedDelivery, failure: Failure): number {
    const entry = this.#free === none ? this.#used++ : this.#free;
    const page = this.#pageOf(entry);
    const at = entry & (pageSize - 1);
    if (this.#free !== none) this.#free = page.nexts[at] as number;
    page.sites[at] = this.#siteOf(delivery, failure);
    page.sequences[at] = delivery.sequence;
    page.nexts[at] = none;
    page.attempts[at] = delivery.attempt;
    page.failedAtMs[at] = failure.firstFailedAtMs;
    page.delaysMs[at] = failure.delayMs;
    page.waitedMs[at] = failure.lastFailedAtMs - failure.firstFailedAtMs;
    page.errors[at] = failure.error;
    if (delivery.value !== delivery.message.value) {
      page.values ??= new Array<unknown>(pageSize).fill(undefined);
      page.values[at] = delivery.value === undefined ? madeUndefined : delivery.value;
    }
    this.size++;
    return entry;
  }

  /** The entry after this one in its chain, or -1. */
  next(entry: number): number {
    return this.#pageOf(entry).nexts[entry & (pageSize - 1)] as number;
  }

  chain(entry: number, next: number): void {
    this.#pageOf(entry).nexts[entry & (pageSize - 1)] = next;
  }

  /** Puts the delivery of an entry together again and forgets what it waited for; undefined when it was taken out before. */
  take(entry: number): TrackedDelivery | undefined {
    const delivery = this.#assemble(entry);
    if (delivery === undefined) return undefined;
    const page = this.#pageOf(entry);
    const at = entry & (pageSize - 1);
    const number = page.sites[at] as number;
    const site = this.#sites[number] as Site;
    page.sites[at] = 0;
    page.errors[at] = undefined;
    if (page.values !== undefined) page.values[at] = undefined;
    if (--site.parked === 0) this.#sites[number] = undefined;
    this.size--;
    site.home.parking?.unpark(delivery);
    return delivery;
  }

  /** The entry's number may be used again; its delivery was taken. */
  release(entry: number): void {
    this.#pageOf(entry).nexts[entry & (pageSize - 1)] = this.#free;
    this.#free = entry;
  }

  /** Takes out what waits for one home, for all of it or for one of its places. */
  takeAll(home: Home, sequence?: number): readonly TrackedDelivery[] {
    return this.#entriesOf(home, sequence).flatMap((entry) => this.take(entry) ?? []);
  }

  /** The delivery that waits for a place, to look at. */
  peek(home: Home, sequence: number): TrackedDelivery | undefined {
    const [entry] = this.#entriesOf(home, sequence);
    return entry === undefined ? undefined : this.#assemble(entry);
  }

  #entriesOf(home: Home, sequence: number | undefined): readonly number[] {
    const entries: number[] = [];
    for (let entry = 0; entry < this.#used; entry++) {
      const page = this.#pageOf(entry);
      const at = entry & (pageSize - 1);
      if (this.#sites[page.sites[at] as number]?.home !== home) continue;
      if (sequence === undefined || page.sequences[at] === sequence) entries.push(entry);
    }
    return entries;
  }

  #assemble(entry: number): TrackedDelivery | undefined {
    const page = this.#pageOf(entry);
    const at = entry & (pageSize - 1);
    const site = this.#sites[page.sites[at] as number];
    if (site === undefined) return undefined;
    const sequence = page.sequences[at] as number;
    const message = site.home.parking?.messageAt(sequence);
    if (message === undefined) return undefined;
    const delivery = new TrackedDelivery(message, site.home, sequence, site.holder, site.ownsLane);
    const value = page.values?.[at];
    if (value !== undefined) delivery.value = value === madeUndefined ? undefined : value;
    delivery.hasUnit = false;
    delivery.stage = site.stage;
    delivery.waits = true;
    delivery.lastFailure = failureAt(page, at, site);
    delivery.mark = delivery.lastFailure;
    return delivery;
  }

  #siteOf(delivery: TrackedDelivery, failure: Failure): number {
    const { feed: home, holder, ownsLane } = delivery;
    const { stage, rationing } = failure;
    const same = (site: Site | undefined): boolean =>
      site !== undefined &&
      site.home === home &&
      site.stage === stage &&
      site.holder === holder &&
      site.ownsLane === ownsLane &&
      site.rationing === rationing;
    let number = this.#sites.findIndex(same);
    if (number < 0) {
      number = this.#sites.indexOf(undefined, 1);
      if (number < 0) number = this.#sites.length;
      this.#sites[number] = { home, stage, holder, ownsLane, rationing, parked: 0 };
    }
    (this.#sites[number] as Site).parked++;
    return number;
  }

  #pageOf(entry: number): Page {
    const number = entry >> pageBits;
    while (this.#pages.length <= number) this.#pages.push(new Page());
    return this.#pages[number] as Page;
  }
}

function failureAt(page: Page, at: number, site: Site): Failure {
  const firstFailedAtMs = page.failedAtMs[at] as number;
  return {
    kind: "failed",
    error: page.errors[at],
    failureClass: undefined,
    disposition: undefined,
    stage: site.stage,
    attempts: page.attempts[at] as number,
    firstFailedAtMs,
    lastFailedAtMs: firstFailedAtMs + (page.waitedMs[at] as number),
    previousDelayMs: 0,
    delayMs: page.delaysMs[at] as number,
    rationing: site.rationing,
  };
}
