import type { Lane } from "./lanes.ts";

/** What the stages of a pipeline work on: a message, or a child of one that was expanded. The referee writes down here what became of it. */
export class Unit {
  readonly id: string;
  /** The number of its message in the order in which all were appended. */
  readonly index: number;
  /** For a child, its place among its siblings; -1 for a message. */
  readonly child: number;
  readonly parent: Unit | undefined;
  readonly key: string | undefined;
  readonly payload: Uint8Array;
  readonly timestampMs: number;
  /** A partition, or undefined for a queue. */
  readonly partition: string | undefined;
  /** Its place in the partition. */
  readonly offset: number;
  children: readonly Unit[] = [];
  lane: Lane | undefined = undefined;
  laneIndex = -1;
  /** The stages that have done their work on it, in any process. */
  passed = 0;
  /** The same for each process, since that last began with it. */
  readonly passedIn: Map<number, number> = new Map<number, number>();
  /** How often each stage was tried, in any process. */
  readonly attempts: number[] = [];
  /** How its end was reached for the first time; undefined while it may not be settled. */
  end: "succeeded" | "filtered" | "dead-lettered" | "lost" | undefined = undefined;

  constructor(options: Pick<Unit, "id" | "index" | "child" | "parent" | "key" | "payload" | "timestampMs" | "partition" | "offset">) {
    this.id = options.id;
    this.index = options.index;
    this.child = options.child;
    this.parent = options.parent;
    this.key = options.key;
    this.payload = options.payload;
    this.timestampMs = options.timestampMs;
    this.partition = options.partition;
    this.offset = options.offset;
  }

  /** Whether it may be settled: it has an end, or all of its children have. */
  get ended(): boolean {
    if (this.end !== undefined) return true;
    const { children } = this;
    if (children.length === 0) return false;
    for (const child of children) if (child.end === undefined) return false;
    return true;
  }
}
