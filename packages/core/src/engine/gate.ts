import type { Cancel } from "@spillway/spec";
import type { Feed } from "./feed.ts";
import { Ring } from "./ring.ts";
import type { Run } from "./run-context.ts";
import type { Acceptor, Admission, RunnableStage } from "./stage.ts";
import type { StartGuard } from "./start-guard.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";
import { Turns } from "./turns.ts";

/** How long deliveries are started without letting the event loop breathe. */
const sliceMs = 5;
/** How many messages are started before the next feed has its turn and the clock is looked at. */
const startsPerTurn = 64;
const answered = Promise.resolve();

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
  /** Feeds that have messages to settle. */
  private readonly ahead = new Ring<Feed>();
  /** The head of the chain; set when that is built. */
  private entry: Acceptor | undefined = undefined;
  units: number;
  private pumping = false;
  private cancelBreath: Cancel | undefined = undefined;
  private sliceEndsMs = 0;
  private starts = 0;
  /** Whether a pump will follow the answers that are being heard. */
  private due = false;
  private readonly onDue = (): void => {
    this.due = false;
    this.pump();
  };

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
    if (this.pumping) return;
    this.pumping = true;
    try {
      this.settleAll();
      this.sendAll();
      this.settleAll();
    } catch (error) {
      // Nothing of the user's throws here: this is a fault of the engine, and going on could lose messages.
      this.run.fail(error);
    } finally {
      this.pumping = false;
    }
  }

  /** The feed has messages that have ended in their order; it settles them together, after those that end with them. */
  settleSoon(feed: Feed): void {
    this.ahead.push(feed);
    if (!this.pumping && !this.due) this.pumpSoon();
  }

  private settleAll(): void {
    for (let feed = this.ahead.shift(); feed !== undefined; feed = this.ahead.shift()) feed.settleFront();
  }

  private sendAll(): void {
    let delivery: TrackedDelivery | undefined;
    do {
      if (delivery !== undefined) this.send(delivery);
      delivery = this.next();
    } while (delivery !== undefined);
  }

  private send(delivery: TrackedDelivery): void {
    (this.entry as Acceptor).accept(delivery);
    if (!delivery.settled) delivery.stay();
  }

  // Apart from send, so that what is rare does not stand in the way of inlining what is not.
  private sendWithCare(feed: Feed, guard: StartGuard, delivery: TrackedDelivery): void {
    feed.started++;
    const takenBack = feed.takenBack.get(delivery.message);
    if (takenBack !== undefined) feed.abort(delivery, takenBack);
    else guard.begin(delivery, (each) => (this.entry as Acceptor).accept(each));
    if (!delivery.settled) delivery.stay();
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
    if (!this.pumping && !this.due) this.pumpSoon();
  }

  /** Handlers often answer together: what may start in their place does so when all of them have been heard. */
  private pumpSoon(): void {
    this.due = true;
    void answered.then(this.onDue);
  }

  private startResumed(): void {
    const delivery = this.resumed.shift() as TrackedDelivery;
    if (delivery.settled) return;
    this.units--;
    delivery.hasUnit = true;
    (delivery.stage as RunnableStage).start(delivery);
  }

  /** The next delivery to be sent into the chain, with its unit; undefined when units, work or the time slice are used up. */
  private next(): TrackedDelivery | undefined {
    while (this.units > 0 && this.run.crowding === 0 && this.cancelBreath === undefined) {
      if (this.resumed.size > 0) {
        this.startResumed();
        continue;
      }
      const feed = this.current ?? this.nextFeed();
      if (feed === undefined) return undefined;
      const delivery = feed.next(this);
      if (delivery === undefined) this.endOf(feed);
      else {
        this.units--;
        if (++this.starts >= startsPerTurn || this.turns.ranked) this.endTurn(feed);
        if (feed.guard === undefined) return delivery;
        this.sendWithCare(feed, feed.guard, delivery);
      }
    }
    return undefined;
  }

  private endOf(feed: Feed): void {
    feed.queued = false;
    this.current = undefined;
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
    if (this.turns.some) this.endCurrent(feed);
    if (this.starts < startsPerTurn) return;
    this.starts = 0;
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
