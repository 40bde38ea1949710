import type { Run } from "./run-context.ts";

/** Tells the run when a stage has more queued than it can soon do, and when that is over: at half as much, so that it does not change all the time. */
export class Crowd {
  private readonly run: Run;
  private crowded = false;

  constructor(run: Run) {
    this.run = run;
  }

  /** Looks at how many are queued, and how many may be. */
  watch(queued: number, limit: number): void {
    if (this.crowded ? queued * 2 > limit : queued <= limit) return;
    this.crowded = !this.crowded;
    this.run.crowd(this.crowded ? 1 : -1);
  }
}
