import type { Cancel } from "@spillway/spec";
import type { Feed } from "./feed.ts";
import { Ring } from "./ring.ts";
import type { Run } from "./run-context.ts";
import type { Acceptor, Admission, RunnableStage } from "./stage.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";
import { Turns } from "./turns.ts";

/** How long deliveries are started without letting the event loop breathe. */
const sliceMs = 5;
/** How many messages are started before the next feed has its turn and the clock is looked at. */
const startsPerTurn = 64;

/**
 * Lets messages into the chain: as many at once as there are units, each lane in order, feeds in turn. Messages that wait here cost a few bytes each;
 * a delivery is made when one is let in. Its lane and unit are held until it leaves the first handler.
 */
export class Gate implements Admission {
  private readonly run: Run;
  /** Feeds that may have something to start, but for the one whose turn it is. */
  private readonly turns: Turns;
  private current: Feed | undefined = undefined;
  private readonly resumed = new Ring<TrackedDelivery>();
  /** The head of the chain; set when that is built. */
  private entry: Acceptor | undefined = undefined;
  units: number;
  private pumping = false;
  private cancelBreath: Cancel | undefined = undefined;
  private sliceEndsMs = 0;
  private starts = 0;

  constructor(run: Run, units: number, turns: Turns = new Turns(1)) {
    this.run = run;
    this.turns = turns;
    this.units = units;
    run.onUncrowded(() => this.pump());
    run.gates.push(() => (this.units > 0 ? undefined : { gate: "busy", says: `as many messages are at work as may be${sayBusy(run)}` }));
  }

  /** Gives the gate the chain that it lets messages into. */
  open(entry: Acceptor): void {
    this.entry = entry;
  }

  /** The feed may have something to start; it gets its turn at the next pump. */
  enqueue(feed: Feed): void {
    if (feed.queued) return;
    feed.queued = true;
    this.turns.add(feed);
    if (this.current !== undefined && this.current.level !== feed.level) this.endCurrent(this.current);
  }

  /** Starts what may be started; returns when units, work or the time slice are used up. */
  pump(): void {
    if (this.pumping || this.cancelBreath !== undefined) return;
    this.pumping = true;
    try {
      while (this.units > 0 && this.run.crowding === 0) {
        if (this.resumed.size > 0) this.startResumed();
        else if (!this.startNext()) break;
      }
    } catch (error) {
      // Nothing of the user's throws here: this is a fault of the engine, and going on could lose messages.
      this.run.fail(error);
    } finally {
      this.pumping = false;
    }
  }

  /** Makes a delivery of a message and sends it into the chain. */
  start(feed: Feed, sequence: number): void {
    this.units--;
    const delivery = feed.deliver(sequence, this);
    if (feed.takenBack.size === 0 && feed.guard === undefined) (this.entry as Acceptor).accept(delivery);
    else this.startWithCare(feed, delivery);
    if (!delivery.settled) feed.keep(delivery, delivery.holder === this);
  }

  // Apart from start, so that what is rare does not stand in the way of inlining what is not.
  private startWithCare(feed: Feed, delivery: TrackedDelivery): void {
    const entry = this.entry as Acceptor;
    const takenBack = feed.takenBack.get(delivery.message);
    if (takenBack !== undefined) feed.abort(delivery, takenBack);
    else if (feed.guard === undefined) entry.accept(delivery);
    else feed.guard.begin(delivery, (each) => entry.accept(each));
  }

  park(delivery: TrackedDelivery): void {
    delivery.feed.occupy(delivery);
    if (!delivery.hasUnit) return;
    delivery.hasUnit = false;
    this.units++;
    this.pump();
  }

  resume(delivery: TrackedDelivery, stage: RunnableStage): void {
    delivery.stage = stage;
    this.resumed.push(delivery);
    this.pump();
  }

  release(delivery: TrackedDelivery, unit: boolean, lane: boolean): void {
    if (unit) this.units++;
    if (lane) delivery.feed.passLane(delivery);
    if (!this.pumping) this.pump();
  }

  private startResumed(): void {
    const delivery = this.resumed.shift() as TrackedDelivery;
    if (delivery.settled) return;
    this.units--;
    delivery.hasUnit = true;
    (delivery.stage as RunnableStage).start(delivery);
  }

  /** Starts one message of the feed whose turn it is, or of the next one that has something to start; false when there is nothing or no time. */
  private startNext(): boolean {
    for (let feed = this.current ?? this.nextFeed(); feed !== undefined; feed = this.nextFeed()) {
      const sequence = feed.nextStartable();
      if (sequence < 0) {
        feed.queued = false;
        this.current = undefined;
        continue;
      }
      if (++this.starts >= startsPerTurn) this.endTurn(feed);
      else if (this.turns.ranked && this.turns.some) this.endCurrent(feed);
      this.start(feed, sequence);
      return this.cancelBreath === undefined;
    }
    return false;
  }

  private nextFeed(): Feed | undefined {
    this.current = this.turns.next();
    return this.current;
  }

  private endCurrent(feed: Feed): void {
    this.turns.add(feed);
    this.current = undefined;
  }

  /** The next feed has its turn, and the event loop too, when it is time. */
  private endTurn(feed: Feed): void {
    this.starts = 0;
    if (this.turns.some) this.endCurrent(feed);
    const now = this.run.clock.nowMs();
    if (now < this.sliceEndsMs) return;
    this.cancelBreath = this.run.clock.defer(() => {
      this.cancelBreath = undefined;
      this.sliceEndsMs = this.run.clock.nowMs() + sliceMs;
      this.pump();
    });
  }
}

/** The stages that have handlers running, and how many. */
function sayBusy({ stages }: Run): string {
  const busy = stages.flatMap(({ name, running }) => (running > 0 ? [`${running} at ${name}`] : []));
  return busy.length === 0 ? "" : `: ${busy.join(", ")}`;
}
