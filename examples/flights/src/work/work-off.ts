import { run, type EngineEvent, type RunReport } from "@spillway/core";
import type { JobBackend } from "../backends/job-backend.ts";
import type { InputLog } from "../producer/data-set.ts";
import type { Pipelines } from "../pipelines/build-pipelines.ts";
import type { Progress } from "./progress.ts";
import { trackProgress } from "./track-progress.ts";

/** What one pipeline has done in this start. */
export interface Worked {
  readonly log: InputLog;
  readonly report: RunReport;
  readonly progress: Progress;
}

/** How pipelines are worked off. */
export interface WorkOptions {
  readonly inputs: JobBackend["inputs"];
  /** Names this process among all that ever worked here. */
  readonly worker: string;
  /** Stops all pipelines: they finish what has started, save, and end. */
  readonly signal: AbortSignal;
  /** Called ten times a second. */
  onProgress(progress: readonly Progress[]): void;
}

const names: readonly InputLog[] = ["departures", "routes", "movies"];
const lookEveryMs = 100;

/** Runs the pipelines side by side, each until its log is worked off. When one cannot go on, the others are stopped in good order. */
export async function workOff(pipelines: Pipelines, options: WorkOptions): Promise<readonly Worked[]> {
  const failed = new AbortController();
  const jobs = await Promise.all(
    names.map(async (log) => ({
      log,
      tracker: await trackProgress(options.inputs[log], log, pipelines[log]),
      workedOff: new AbortController(),
    })),
  );

  // A log has no end: more may be appended at any time. This job is done when all that is there now has been settled.
  function look(): void {
    const progress = jobs.map(({ tracker, workedOff }) => {
      const now = tracker.look();
      if (now.settled === now.total) workedOff.abort("all is worked off");
      return now;
    });
    options.onProgress(progress);
  }

  async function work({ log, tracker, workedOff }: (typeof jobs)[number]): Promise<Worked> {
    const signal = AbortSignal.any([options.signal, workedOff.signal, failed.signal]);
    const onEvent = (event: EngineEvent): void => tracker.hear(event);
    try {
      const report = await run(pipelines[log], { name: log, worker: options.worker, signal, onEvent });
      return { log, report, progress: tracker.look() };
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  }

  const looking = setInterval(look, lookEveryMs);
  try {
    const worked = await Promise.allSettled(jobs.map(work));
    return worked.map((each) => {
      if (each.status === "rejected") throw each.reason;
      return each.value;
    });
  } finally {
    clearInterval(looking);
  }
}
