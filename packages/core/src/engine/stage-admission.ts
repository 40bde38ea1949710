import { laneKey } from "./lane-key.ts";
import { Ring } from "./ring.ts";
import type { Run } from "./run-context.ts";
import type { Admission, RunnableStage } from "./stage.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";

interface Lane {
  readonly waiting: Ring<TrackedDelivery>;
}

/**
 * Keeps lanes and units for one stage beyond the gate. Only lanes that are busy are in its tables: a delivery that passes a stage at once leaves no
 * trace.
 */
export class StageAdmission implements Admission {
  private readonly run: Run;
  private readonly crowded: number;
  private readonly lanes = new Map<object, Map<string, Lane>>();
  private readonly ready = new Ring<TrackedDelivery>();
  private units: number;
  private crowding = false;
  private draining = false;

  constructor(run: Run, units: number) {
    this.run = run;
    this.units = units;
    this.crowded = units * 2;
  }

  /** Whether the delivery may be worked on now; if not, the stage starts it later. */
  admit(delivery: TrackedDelivery, stage: RunnableStage): boolean {
    delivery.holder = this;
    delivery.ownsLane = false;
    const lane = this.lanes.size === 0 ? undefined : this.laneOf(delivery);
    if (lane === undefined && this.units > 0) {
      this.units--;
      delivery.hasUnit = true;
      return true;
    }
    delivery.hasUnit = false;
    delivery.stage = stage;
    if (lane !== undefined) lane.waiting.push(delivery);
    else {
      this.occupy(delivery);
      this.queue(delivery);
    }
    return false;
  }

  /** Enters an admitted delivery in the lane table, because it will not leave at once. */
  occupy(delivery: TrackedDelivery): void {
    if (delivery.ownsLane) return;
    const key = laneKey(delivery);
    if (key === undefined) return;
    let lanes = this.lanes.get(delivery.feed.laneScope);
    if (lanes === undefined) this.lanes.set(delivery.feed.laneScope, (lanes = new Map<string, Lane>()));
    lanes.set(key, { waiting: new Ring(4) });
    delivery.ownsLane = true;
  }

  park(delivery: TrackedDelivery): void {
    this.occupy(delivery);
    if (!delivery.hasUnit) return;
    delivery.hasUnit = false;
    this.units++;
    this.drain();
  }

  resume(delivery: TrackedDelivery, stage: RunnableStage): void {
    delivery.stage = stage;
    this.queue(delivery);
    this.drain();
  }

  release(delivery: TrackedDelivery, unit: boolean, lane: boolean): void {
    if (unit) this.units++;
    if (lane) this.passLane(delivery);
    this.drain();
  }

  private passLane(delivery: TrackedDelivery): void {
    const lanes = this.lanes.get(delivery.feed.laneScope);
    const key = laneKey(delivery);
    if (lanes === undefined || key === undefined) return;
    const waiting = lanes.get(key)?.waiting;
    let next = waiting?.shift();
    while (next?.settled === true) next = waiting?.shift();
    if (next !== undefined) {
      next.ownsLane = true;
      this.queue(next);
      return;
    }
    lanes.delete(key);
    if (lanes.size === 0) this.lanes.delete(delivery.feed.laneScope);
  }

  private queue(delivery: TrackedDelivery): void {
    this.ready.push(delivery);
    if (!this.crowding && this.ready.size > this.crowded) {
      this.crowding = true;
      this.run.crowd(1);
    }
  }

  private drain(): void {
    if (this.draining) return;
    this.draining = true;
    while (this.units > 0 && this.ready.size > 0) {
      const delivery = this.ready.shift() as TrackedDelivery;
      if (delivery.settled) continue;
      this.units--;
      delivery.hasUnit = true;
      (delivery.stage as RunnableStage).start(delivery);
    }
    this.draining = false;
    if (this.crowding && this.ready.size <= this.crowded / 2) {
      this.crowding = false;
      this.run.crowd(-1);
    }
  }

  private laneOf(delivery: TrackedDelivery): Lane | undefined {
    const key = laneKey(delivery);
    return key === undefined ? undefined : this.lanes.get(delivery.feed.laneScope)?.get(key);
  }
}
