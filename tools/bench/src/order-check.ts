import type { Page } from "./pages.ts";

const free = -1;

/** Watches that the messages of a lane (a key of a partition) are worked on one at a time and in their order, in arrays, so that it costs little. */
export class OrderCheck {
  private readonly laneOf: Int32Array;
  private readonly before: Int32Array;
  private readonly last: Int32Array;
  private readonly active: Int32Array;

  /** The messages' ids must be their indexes. */
  constructor(partitions: readonly (readonly Page<unknown>[])[]) {
    const messages = partitions.flat(2).length;
    const lanes = new Map<string, number[]>();
    partitions.forEach((pages, partition) => {
      for (const { id, key } of pages.flat()) {
        const name = `${partition} ${key}`;
        const indexes = lanes.get(name);
        if (indexes === undefined) lanes.set(name, [Number(id)]);
        else indexes.push(Number(id));
      }
    });
    this.laneOf = new Int32Array(messages);
    this.before = new Int32Array(messages);
    this.last = new Int32Array(lanes.size).fill(free);
    this.active = new Int32Array(lanes.size).fill(free);
    [...lanes.values()].forEach((indexes, lane) => {
      indexes.forEach((index, place) => {
        this.laneOf[index] = lane;
        this.before[index] = indexes.at(place - 1) as number;
      });
    });
  }

  /** An attempt at a message starts. */
  begin(index: number): void {
    const lane = this.laneOf[index] as number;
    if (this.active[lane] !== free) throw new Error(`message ${index} was started while ${this.active[lane]} of its key was running`);
    const last = this.last[lane];
    if (last !== free && last !== this.before[index] && last !== index) throw new Error(`message ${index} was started after ${last}`);
    this.active[lane] = index;
    this.last[lane] = index;
  }

  /** It has ended. */
  end(index: number): void {
    this.active[this.laneOf[index] as number] = free;
  }
}
