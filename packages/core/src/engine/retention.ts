import type { Cancel, LogBatch } from "@spillway/spec";
import type { Feed } from "./feed.ts";
import type { Run } from "./run-context.ts";
import { whereIs } from "./watchdog.ts";

/** How often a partition is looked at: retention is counted in hours. */
const lookEveryMs = 10_000;
/** Told for the first time when this part of the retention is left, and again whenever half of what was left then is. */
const firstShare = 0.25;

/** Watches how long a log still holds what is not settled of a partition, and tells before it is too late. Costs nothing where a source does not say. */
export class Retention {
  readonly #run: Run;
  readonly #feed: Feed;
  #retentionMs: number | undefined = undefined;
  #behindMs: number | undefined = undefined;
  /** What was left when it was told last; undefined while there is nothing to tell. */
  #toldMs: number | undefined = undefined;
  #cancel: Cancel | undefined = undefined;

  constructor(run: Run, feed: Feed) {
    this.#run = run;
    this.#feed = feed;
  }

  /** How far the newest message that was read is behind the end of the partition; undefined where the source does not say. */
  get behindMs(): number | undefined {
    return this.#behindMs;
  }

  /**
   * In how many milliseconds the log may drop the first message that is not settled; negative when it may have. Undefined where the source does not say how
   * long it keeps messages, and while nothing is left to do.
   */
  get headroomMs(): number | undefined {
    if (this.#retentionMs === undefined) return undefined;
    const first = this.#feed.unsettled === 0 ? undefined : this.#feed.first();
    if (first !== undefined) return first.message.timestampMs + this.#retentionMs - this.#run.clock.nowMs();
    return this.#behindMs === undefined || this.#behindMs === 0 ? undefined : this.#retentionMs - this.#behindMs;
  }

  /** Takes what a batch says. */
  heard({ behindMs, retentionMs }: LogBatch<unknown>): void {
    if (behindMs !== undefined) this.#behindMs = behindMs;
    if (retentionMs === undefined) return;
    this.#retentionMs = retentionMs;
    if (this.#cancel === undefined) this.#lookLater();
  }

  /** Looks no more. */
  stop(): void {
    this.#cancel?.();
  }

  #lookLater(): void {
    this.#cancel = this.#run.clock.schedule(lookEveryMs, () => {
      this.#look();
      this.#lookLater();
    });
  }

  #look(): void {
    const headroomMs = this.headroomMs;
    const retentionMs = this.#retentionMs ?? 0;
    if (headroomMs === undefined || headroomMs > retentionMs * firstShare) {
      this.#toldMs = undefined;
      return;
    }
    const isNews = this.#toldMs === undefined || (this.#toldMs > 0 && headroomMs <= this.#toldMs / 2);
    if (!isNews) return;
    this.#toldMs = headroomMs;
    const { source, partition } = this.#feed.origin;
    this.#run.emit({ type: "retention-near", source, partition, headroomMs, retentionMs, says: this.#say(headroomMs) });
  }

  #say(headroomMs: number): string {
    const { source, partition = "" } = this.#feed.origin;
    const first = this.#feed.first();
    const what = first === undefined ? "the next message to be read" : `message ${first.message.id}, which ${whereIs(first.delivery)}`;
    const when = headroomMs > 0 ? `is dropped in ${sayDuration(headroomMs)}` : "may have been dropped";
    return `${source} ${partition}: ${what}, ${when}, unless it is settled before or the log's retention is raised`;
  }
}

function sayDuration(ms: number): string {
  const minutes = ms / 60_000;
  if (minutes >= 120) return `${Math.round(minutes / 60)} h`;
  return minutes >= 2 ? `${Math.round(minutes)} min` : `${Math.round(ms / 1_000)} s`;
}
