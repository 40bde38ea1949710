import type { Observable } from "rxjs";
import type { Settled } from "./delivery.ts";
import { running } from "./engine/running.ts";

/** How a pipeline is, for the probes of a platform. */
export interface Health {
  /** False when the run has ended because it could not go on: restart the process. */
  readonly live: boolean;
  /** True while it reads a partition or a queue and is not stopping. */
  readonly ready: boolean;
  /** What has not moved for too long, in sentences; a reason to look, or to restart. */
  readonly stalled: readonly string[];
}

/** Says how a pipeline is. One that was never run is live and not ready. */
export function health(pipeline: Observable<Settled>): Health {
  const run = running.find(pipeline);
  if (run === undefined) return { live: true, ready: false, stalled: [] };
  const active = running.isActive(pipeline) && run.stopping === undefined;
  return {
    live: run.fatalError === undefined,
    ready: active && run.intakes.some(({ feeds }) => feeds.length > 0),
    stalled: active ? run.watchdog.stalled() : [],
  };
}
