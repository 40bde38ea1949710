import type { Message } from "@spillway/spec";
import type { Place } from "./places.ts";
import { hashOf, LaneTable } from "./lane-table.ts";
import type { Ordering } from "./ordering.ts";
import { Ring } from "./ring.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";
import type { Window } from "./window.ts";

/**
 * Which lanes of a feed are busy at the gate, and what hangs on them. Messages of a busy lane are linked in the window, each to the next one; the last one's
 * link is the lane's number, as `asLink` makes it.
 */
export class FeedLanes {
  private readonly ordering: Exclude<Ordering, "none">;
  private readonly window: Window<Place>;
  private readonly table = new LaneTable();
  /** The hash of the key last looked for, so that the lane of the message that is started then is entered without another; -1 for none. */
  private hash = -1;
  /** First messages of lanes that have become free. */
  private readonly free = new Ring<number>();
  private partitionBusy = false;
  private continues = false;

  constructor(ordering: Exclude<Ordering, "none">, window: Window<Place>) {
    this.ordering = ordering;
    this.window = window;
  }

  /** Whether the whole feed is one lane, and it is busy. */
  get allBusy(): boolean {
    return this.partitionBusy;
  }

  /** The first message of a lane that has become free, or -1. */
  peek(): number {
    return this.free.peek() ?? -1;
  }

  /** The message that `peek` has shown is started now. */
  shift(): void {
    this.free.shift();
    this.continues = true;
  }

  /** Whether a message's lane is busy; then it hangs on it from now on. If not, it is started now. */
  holdsBack(sequence: number): boolean {
    this.continues = false;
    return this.ordering === "key" && this.hangsOn(sequence);
  }

  /** Whether the message that is started now owns its lane from the start. */
  enter(): boolean {
    if (this.ordering === "key") return this.continues;
    this.partitionBusy = true;
    return true;
  }

  /** A delivery that does not leave the gate at once makes its lane busy. */
  occupy(delivery: TrackedDelivery): void {
    const { sequence } = delivery;
    const { key } = delivery.message;
    if (this.ordering !== "key" || delivery.ownsLane || key === undefined) return;
    const lane = this.table.add(key, this.hash < 0 ? hashOf(key) : this.hash, sequence);
    this.window.setLink(sequence, asLink(lane));
    delivery.ownsLane = true;
  }

  /** The owner of a lane leaves it to the next message, if there is one. */
  pass(delivery: TrackedDelivery): void {
    if (this.ordering === "partition") {
      this.partitionBusy = false;
      return;
    }
    const next = this.window.link(delivery.sequence);
    if (next >= 0) this.free.push(next);
    else this.table.remove(asLink(next));
  }

  private hangsOn(sequence: number): boolean {
    this.hash = -1;
    if (this.table.size === 0) return false;
    const { key } = this.window.record(sequence) as Message<unknown>;
    if (key === undefined) return false;
    this.hash = hashOf(key);
    const lane = this.table.find(key, this.hash);
    if (lane < 0) return false;
    this.window.setLink(this.table.last(lane), sequence);
    this.window.setLink(sequence, asLink(lane));
    this.table.setLast(lane, sequence);
    return true;
  }
}

/** A lane's number as a link that is neither a sequence number nor "none"; and the other way round. */
function asLink(lane: number): number {
  return -2 - lane;
}
