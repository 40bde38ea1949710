import { run, type Counts, type RunOptions, type Settled } from "@spillway/core";
import type { Observable } from "rxjs";

/** A pipeline that runs over all rounds. */
export interface RunningPipeline {
  /** Stops it and resolves to its counts; throws if they are not what they must be. */
  stop(expected: Partial<Counts>): Promise<void>;
}

/** Starts a pipeline. */
export function start(pipeline: Observable<Settled>, options: RunOptions = {}): RunningPipeline {
  const controller = new AbortController();
  const report = run(pipeline, { ...options, signal: controller.signal });
  // A pipeline that fails while it is measured must not look like one that is slow.
  report.catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
  return {
    async stop(expected) {
      controller.abort(new Error("all was measured"));
      const counts = await report;
      for (const [name, count] of Object.entries(expected)) {
        const was = counts[name as keyof Counts];
        if (was !== count) throw new Error(`${name} is ${was}, but must be ${count}`);
      }
    },
  };
}
