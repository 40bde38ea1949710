import type { LostMessages, Outcome } from "@spillway/spec";

/** What a run has counted so far. delivered = succeeded + filtered + deadLettered + aborted + in flight, at every moment. */
export interface Counts {
  readonly delivered: number;
  readonly succeeded: number;
  readonly filtered: number;
  readonly deadLettered: number;
  readonly aborted: number;
  readonly inFlight: number;
  /** Attempts beyond the first. */
  readonly retries: number;
  /** Checkpoints saved. */
  readonly checkpoints: number;
  /** Messages that logs said they had dropped before they could be read; none of them was delivered. */
  readonly lost: number;
  /** How often a log had dropped messages, or may have, and did not say how many. */
  readonly gaps: number;
  /** Errors of the event listener: thrown, or the rejections of its promises. */
  readonly listenerErrors: number;
}

/** The counters of a run: plain fields, written on the message path. */
export class Counters {
  delivered = 0;
  succeeded = 0;
  filtered = 0;
  deadLettered = 0;
  aborted = 0;
  retries = 0;
  checkpoints = 0;
  lost = 0;
  gaps = 0;
  listenerErrors = 0;

  settle(outcome: Outcome): void {
    if (outcome === "succeeded") this.succeeded++;
    else if (outcome === "filtered") this.filtered++;
    else if (outcome === "dead-lettered") this.deadLettered++;
    else this.aborted++;
  }

  lose({ count }: LostMessages): void {
    if (count === undefined) this.gaps++;
    else this.lost += count;
  }

  snapshot(): Counts {
    const { delivered, succeeded, filtered, deadLettered, aborted, retries, checkpoints, lost, gaps, listenerErrors } = this;
    const inFlight = delivered - succeeded - filtered - deadLettered - aborted;
    return { delivered, succeeded, filtered, deadLettered, aborted, inFlight, retries, checkpoints, lost, gaps, listenerErrors };
  }
}
