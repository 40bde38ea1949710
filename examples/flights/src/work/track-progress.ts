import { explain, type Settled } from "@spillway/core";
import type { StartPosition } from "@spillway/spec";
import type { Observable } from "rxjs";
import type { JobInput } from "../backends/job-backend.ts";
import type { InputLog } from "../producer/data-set.ts";
import type { ProgressTracker } from "./progress.ts";

/** Follows a pipeline through the input that it reads. */
export async function trackProgress(input: JobInput, name: InputLog, pipeline: Observable<Settled>): Promise<ProgressTracker> {
  const partitions = await input.appended();
  return input.progress === "counts" ? throughCounts(name, sumOf(partitions), pipeline) : throughPositions(name, partitions, pipeline);
}

/** What was settled in this start is in the counts; what came again after its partition was lost is counted again. */
function throughCounts(log: InputLog, total: number, pipeline: Observable<Settled>): ProgressTracker {
  return {
    look() {
      const { counts } = explain(pipeline);
      const settled = counts === undefined ? 0 : Math.min(total, counts.succeeded + counts.filtered + counts.deadLettered);
      return { log, total, settled, behind: [total - settled], counts, left: total - settled };
    },
    hear: () => undefined,
  };
}

/** A log's checkpoints say how far its consumer has come, in earlier starts too. */
function throughPositions(log: InputLog, partitions: ReadonlyMap<string, number>, pipeline: Observable<Settled>): ProgressTracker {
  const total = sumOf(partitions);
  const settled = new Map([...partitions.keys()].map((partition) => [partition, 0]));
  const saved = new Map(settled);

  return {
    look() {
      const { feeds, counts } = explain(pipeline);
      for (const { partition = "", watermark, heldBehindFirst, unsaved } of feeds) {
        const now = passedBy(watermark) + heldBehindFirst;
        raise(settled, partition, now);
        if (unsaved === 0) raise(saved, partition, now);
      }
      const behind = [...partitions].map(([partition, appended]) => appended - (settled.get(partition) ?? 0));
      return { log, total, settled: sumOf(settled), behind, counts, left: total - sumOf(saved) };
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

/** How many messages of a partition lie before a start: positions count from 0, in the embedded store and in a topic made for this. */
function passedBy(start: StartPosition | undefined): number {
  return start?.at === "after" ? Number(start.position) + 1 : 0;
}
