import { laneKey } from "./lane-key.ts";
import type { Ring } from "./ring.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";

/** A busy lane: what waits in it, oldest first. */
export interface BusyLane {
  readonly waiting: Ring<TrackedDelivery>;
}

/** The busy lanes of a stage beyond the gate, by their feeds' scopes and keys. A lane that is not busy is not here. */
export class ScopedLanes<Lane extends BusyLane> {
  private readonly scopes = new Map<object, Map<string, Lane>>();

  /** The delivery's lane, when it has one and that is busy. */
  of(delivery: TrackedDelivery): Lane | undefined {
    if (this.scopes.size === 0) return undefined;
    const key = laneKey(delivery);
    return key === undefined ? undefined : this.scopes.get(delivery.feed.laneScope)?.get(key);
  }

  /** The lane of this key of the delivery's is busy from now on. */
  add({ feed: { laneScope } }: TrackedDelivery, key: string, lane: Lane): void {
    const lanes = this.scopes.get(laneScope);
    if (lanes === undefined) this.scopes.set(laneScope, new Map([[key, lane]]));
    else lanes.set(key, lane);
  }

  /** Takes the next delivery out of a lane that the given one leaves; one without any is busy no longer. */
  next(lane: Lane, leaving: TrackedDelivery): TrackedDelivery | undefined {
    let next = lane.waiting.shift();
    while (next?.settled === true) next = lane.waiting.shift();
    if (next === undefined) this.remove(leaving);
    return next;
  }

  private remove(delivery: TrackedDelivery): void {
    const { laneScope } = delivery.feed;
    const lanes = this.scopes.get(laneScope);
    lanes?.delete(laneKey(delivery) as string);
    if (lanes?.size === 0) this.scopes.delete(laneScope);
  }
}
