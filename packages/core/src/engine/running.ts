import type { Observable } from "rxjs";
import { refuse } from "./require.ts";
import type { Run } from "./run-context.ts";

const runs = new WeakMap<Observable<unknown>, Run>();
const active = new WeakSet<Observable<unknown>>();

/** Knows which run belongs to a pipeline, for explain(). */
export const running = {
  /** Enters a run; the returned function says that it has ended, and its numbers stay readable. */
  enter(pipeline: Observable<unknown>, run: Run): () => void {
    if (active.has(pipeline))
      refuse("this pipeline is running already; build a second one, with a source object of its own, to run it twice");
    active.add(pipeline);
    runs.set(pipeline, run);
    return () => void active.delete(pipeline);
  },
  isActive(pipeline: Observable<unknown>): boolean {
    return active.has(pipeline);
  },
  /** The newest run of a pipeline. */
  find(pipeline: Observable<unknown>): Run | undefined {
    return runs.get(pipeline);
  },
};
