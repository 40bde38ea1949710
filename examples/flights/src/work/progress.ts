import type { Counts, EngineEvent } from "@spillway/core";
import type { InputLog } from "../producer/data-set.ts";

/** How far a pipeline has come, over all starts. */
export interface Progress {
  readonly log: InputLog;
  readonly total: number;
  readonly settled: number;
  /** How many messages of each partition are not settled yet; of a queue, how many of it. */
  readonly behind: readonly number[];
  /** What this start has done; undefined before it began. */
  readonly counts: Counts | undefined;
  /** How many messages no checkpoint covers, or are still in the queue: they are left for the next start. */
  readonly left: number;
}

/** Follows one pipeline. */
export interface ProgressTracker {
  look(): Progress;
  /** Hears what the pipeline says: a checkpoint tells how far it has come even after its partition was given back. */
  hear(event: EngineEvent): void;
}
