import { explain, type Counts, type EngineEvent, type Settled } from "@spillway/core";
import type { LocalLog } from "@spillway/local";
import type { StartPosition } from "@spillway/spec";
import type { Observable } from "rxjs";
import type { InputLog } from "../producer/data-set.ts";

/** How far a pipeline has come, over all starts. */
export interface Progress {
  readonly log: InputLog;
  readonly total: number;
  readonly settled: number;
  /** How many messages of each partition are not settled yet. */
  readonly behind: readonly number[];
  /** What this start has done; undefined before it began. */
  readonly counts: Counts | undefined;
  /** How many messages no checkpoint covers: they are left for the next start. */
  readonly left: number;
}

/** Follows one pipeline. */
export interface ProgressTracker {
  look(): Progress;
  /** Hears what the pipeline says: a checkpoint tells how far it has come even after its partition was given back. */
  hear(event: EngineEvent): void;
}

/** Follows a pipeline through the log that it reads. */
export async function trackProgress(log: LocalLog, name: InputLog, pipeline: Observable<Settled>): Promise<ProgressTracker> {
  const partitions = await log.state();
  const total = partitions.reduce((sum, { appended }) => sum + appended, 0);
  const settled = new Map(partitions.map(({ partition }) => [partition as string, 0]));
  const saved = new Map(settled);

  return {
    look() {
      const { feeds, counts } = explain(pipeline);
      for (const { partition = "", watermark, heldBehindFirst, unsaved } of feeds) {
        const now = passedBy(watermark) + heldBehindFirst;
        raise(settled, partition, now);
        if (unsaved === 0) raise(saved, partition, now);
      }
      const behind = partitions.map(({ partition, appended }) => appended - (settled.get(partition) ?? 0));
      return { log: name, total, settled: sumOf(settled), behind, counts, left: total - sumOf(saved) };
    },
    hear(event) {
      if (event.type !== "checkpointed" || event.checkpoint.state === "finished") return;
      const now = passedBy(event.checkpoint.from) + event.checkpoint.done.length;
      raise(settled, event.partition, now);
      raise(saved, event.partition, now);
    },
  };
}

function raise(counts: Map<string, number>, partition: string, now: number): void {
  counts.set(partition, Math.max(now, counts.get(partition) ?? 0));
}

function sumOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

/** How many messages of a partition lie before a start: the embedded store's positions count from 0. */
function passedBy(start: StartPosition | undefined): number {
  return start?.at === "after" ? Number(start.position) + 1 : 0;
}
