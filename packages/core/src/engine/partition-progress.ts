import type { Attempting, Checkpoint, LogMessage, Message, Position, StartPosition } from "@spillway/spec";
import { Family } from "./family.ts";
import type { Feed } from "./feed.ts";
import { canNoteKey, noteOfChildren, noteOfKey, readNotes, type DoneChildren, type NotedChildren } from "./notes.ts";
import { messageIn } from "./places.ts";
import { PlaceState } from "./window.ts";

type Reading = Extract<Checkpoint, { readonly state: "reading" }>;

/** How much a checkpoint store keeps, and for whom. */
export interface ProgressLimits {
  /** The pipeline's version, without which children's numbers mean nothing after a restart. */
  readonly version: string | undefined;
  readonly maxDone: number;
  readonly maxNotes: number;
}

/** How far a partition is: what its checkpoint says, and what an earlier run had done beyond it. */
export class PartitionProgress {
  /** Where to read on while the watermark has not moved. */
  from: StartPosition;
  /** Settled by an earlier run, and not read by this one yet; in log order. */
  #done = new Set<Position>();
  /** How many messages were read since, up to which any of them may still come. */
  #looked = 0;
  readonly #maxSpan: number;
  #children: ReadonlyMap<string, NotedChildren> = new Map<string, NotedChildren>();

  /** `maxSpan`: the most messages between the watermark and the newest one. */
  constructor(start: StartPosition, maxSpan: number) {
    this.from = start;
    this.#maxSpan = maxSpan;
  }

  /** Goes on from a checkpoint. */
  restore(checkpoint: Reading, feed: Feed, version: string | undefined): void {
    this.from = checkpoint.from;
    this.#done = new Set(checkpoint.done);
    const { keys, children } = readNotes(checkpoint.notes ?? []);
    if (keys.length > 0) feed.blockedKeys = new Set(keys);
    // Children are known by their number: another version of the pipeline may make others.
    if (version !== undefined) this.#children = new Map([...children].filter(([, done]) => done.version === version));
  }

  /** Whether an earlier run may have settled messages that are still to be read. */
  get expectsDone(): boolean {
    return this.#done.size > 0;
  }

  /** Whether an earlier run has settled a message that has just been read; told once. */
  takeDone(message: Message<unknown>): boolean {
    const { position } = message as LogMessage<unknown>;
    const found = this.#done.has(position);
    // What comes before it in the log was dropped there: it will not be read any more.
    if (found) for (const passed of this.#done) if (this.#done.delete(passed) && passed === position) break;
    if (++this.#looked >= this.#maxSpan) this.#done.clear();
    return found;
  }

  /** Which children of a message an earlier run has ended. */
  doneChildren(message: Message<unknown>): DoneChildren | undefined {
    return this.#children.get((message as LogMessage<unknown>).position);
  }

  /** Where a restart would read on. */
  watermark({ window }: Feed): StartPosition {
    const place = window.passed;
    if (place === undefined) return this.from;
    if (typeof place === "string") return { at: "after", position: place as Position };
    return { at: "after", position: (messageIn(place) as LogMessage<unknown>).position };
  }

  /** The checkpoint as it is at this moment: everything in it is read in one step. */
  capture(feed: Feed, attempting: Attempting | undefined, limits: ProgressLimits): Checkpoint {
    const notes = this.#notes(feed, limits);
    const reading = { state: "reading", from: this.watermark(feed), done: this.#donePositions(feed, limits.maxDone), attempting } as const;
    return notes.length === 0 ? reading : { ...reading, notes };
  }

  /** Whether a checkpoint would say that a message that has ended is done: by its watermark, or among the done positions that it keeps. */
  remembers({ window }: Feed, of: number, maxDone: number): boolean {
    let settled = 0;
    let found = false;
    window.forEach((_, state, sequence) => {
      if (!found && state === PlaceState.settled) settled++;
      found ||= sequence === of;
    });
    return !found || settled <= maxDone;
  }

  #donePositions({ window }: Feed, maxDone: number): readonly Position[] {
    const done: Position[] = [];
    let sequence = window.base;
    for (let left = window.ahead; left > 0 && done.length < maxDone; ) {
      if (window.state(sequence) === PlaceState.settled) {
        done.push(window.record(sequence) as Position);
        left--;
      }
      sequence = window.after(sequence);
    }
    // What an earlier run had done and this one has not read yet comes after all that is in the window.
    for (const position of this.#done) if (done.length < maxDone) done.push(position);
    return done;
  }

  #notes(feed: Feed, { maxNotes, version }: ProgressLimits): readonly string[] {
    if (maxNotes === 0) return [];
    const notes = [...(feed.blockedKeys ?? [])].filter(canNoteKey).map(noteOfKey);
    if (version === undefined) return notes.slice(0, maxNotes);
    for (const { message, activity } of feed.expanding()) {
      if (activity instanceof Family) notes.push(noteOfChildren((message as LogMessage<unknown>).position, { ...activity.done, version }));
    }
    return notes.slice(0, maxNotes);
  }
}
