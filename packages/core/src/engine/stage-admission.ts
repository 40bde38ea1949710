import { Crowd } from "./crowd.ts";
import { laneKey } from "./lane-key.ts";
import { Ring } from "./ring.ts";
import type { Run } from "./run-context.ts";
import { ScopedLanes, type BusyLane } from "./scoped-lanes.ts";
import type { Admission, RunnableStage } from "./stage.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";

/**
 * Keeps lanes and units for one stage beyond the gate. Only lanes that are busy are in its tables: a delivery that passes a stage at once leaves no
 * trace.
 */
export class StageAdmission implements Admission {
  private readonly crowd: Crowd;
  private readonly crowded: number;
  private readonly lanes = new ScopedLanes<BusyLane>();
  private readonly ready = new Ring<TrackedDelivery>();
  private units: number;
  private draining = false;

  constructor(run: Run, units: number) {
    this.crowd = new Crowd(run);
    this.units = units;
    this.crowded = units * 2;
  }

  /** Whether the delivery may be worked on now; if not, the stage starts it later. */
  admit(delivery: TrackedDelivery, stage: RunnableStage): boolean {
    delivery.holder = this;
    delivery.ownsLane = false;
    const lane = this.lanes.of(delivery);
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
    this.lanes.add(delivery, key, { waiting: new Ring(4) });
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
    const lane = this.lanes.of(delivery);
    const next = lane === undefined ? undefined : this.lanes.next(lane, delivery);
    if (next === undefined) return;
    next.ownsLane = true;
    this.queue(next);
  }

  private queue(delivery: TrackedDelivery): void {
    this.ready.push(delivery);
    this.crowd.watch(this.ready.size, this.crowded);
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
    this.crowd.watch(this.ready.size, this.crowded);
  }
}
