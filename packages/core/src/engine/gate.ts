import type { Cancel } from "@spillway/spec";
import type { Feed } from "./feed.ts";
import { Ring } from "./ring.ts";
import type { Run } from "./run-context.ts";
import type { Acceptor, Admission, RetryableStage } from "./stage.ts";
import { TrackedDelivery } from "./tracked-delivery.ts";

/** How long deliveries are started without letting the event loop breathe. */
const sliceMs = 5;
/** How many starts there are between two looks at the clock. */
const startsPerLook = 64;
/** How many messages of one feed are started before the next feed has its turn. */
const startsPerTurn = 64;

/**
 * Lets messages into the chain: as many at once as there are units, each lane in order, feeds in turn. Messages that wait here cost a few bytes each;
 * a delivery is made when one is let in. Its lane and unit are held until it leaves the first handler.
 */
export class Gate implements Admission {
  readonly #run: Run;
  readonly #work = new Ring<Feed>();
  readonly #resumed = new Ring<TrackedDelivery>();
  /** The head of the chain; set when that is built. */
  #entry: Acceptor | undefined = undefined;
  units: number;
  #pumping = false;
  #cancelBreath: Cancel | undefined = undefined;
  #sliceEndsMs = 0;
  #starts = 0;

  constructor(run: Run, units: number) {
    this.#run = run;
    this.units = units;
    run.onUncrowded(() => this.pump());
  }

  /** Gives the gate the chain that it lets messages into. */
  open(entry: Acceptor): void {
    this.#entry = entry;
  }

  /** The feed may have something to start; it gets its turn at the next pump. */
  enqueue(feed: Feed): void {
    if (feed.queued) return;
    feed.queued = true;
    this.#work.push(feed);
  }

  /** Starts what may be started; returns when units, work or the time slice are used up. */
  pump(): void {
    if (this.#pumping || this.#cancelBreath !== undefined) return;
    this.#pumping = true;
    this.#startResumed();
    while (this.units > 0 && this.#work.size > 0 && !this.#run.crowded && !this.#outOfTime()) this.#takeTurn();
    this.#pumping = false;
  }

  /** Makes a delivery of a message and sends it into the chain. */
  start(feed: Feed, sequence: number): void {
    this.units--;
    const delivery = feed.deliver(sequence, this);
    const takenBack = feed.takenBack.size === 0 ? undefined : feed.takenBack.get(delivery.message);
    if (takenBack === undefined) this.#entry?.accept(delivery);
    else feed.abort(delivery, takenBack);
    if (delivery.holder === this) feed.occupy(delivery);
  }

  park(delivery: TrackedDelivery): void {
    if (!delivery.hasUnit) return;
    delivery.hasUnit = false;
    this.units++;
    this.pump();
  }

  resume(delivery: TrackedDelivery, stage: RetryableStage): void {
    delivery.pendingStage = stage;
    this.#resumed.push(delivery);
    this.pump();
  }

  release(delivery: TrackedDelivery, unit: boolean, lane: boolean): void {
    if (unit) this.units++;
    if (lane) {
      delivery.feed.passLane(delivery);
      this.enqueue(delivery.feed);
    }
    this.pump();
  }

  #startResumed(): void {
    while (this.units > 0 && this.#resumed.size > 0) {
      const delivery = this.#resumed.shift() as TrackedDelivery;
      if (delivery.settled) continue;
      this.units--;
      delivery.hasUnit = true;
      (delivery.pendingStage as RetryableStage).start(delivery);
    }
  }

  #takeTurn(): void {
    const feed = this.#work.shift() as Feed;
    feed.queued = false;
    for (let turn = 0; turn < startsPerTurn; turn++) {
      if (this.units === 0 || this.#run.crowded) break;
      const sequence = feed.nextStartable();
      if (sequence < 0) return;
      this.#starts++;
      this.start(feed, sequence);
      this.#startResumed();
    }
    feed.queued = true;
    this.#work.push(feed);
  }

  #outOfTime(): boolean {
    if (this.#starts < startsPerLook) return false;
    this.#starts = 0;
    const now = this.#run.clock.nowMs();
    if (now < this.#sliceEndsMs) return false;
    this.#cancelBreath = this.#run.clock.defer(() => {
      this.#cancelBreath = undefined;
      this.#sliceEndsMs = this.#run.clock.nowMs() + sliceMs;
      this.pump();
    });
    return true;
  }
}
