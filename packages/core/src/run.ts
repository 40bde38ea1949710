import { SpillwayError, systemClock, type Clock } from "@spillway/spec";
import type { Observable } from "rxjs";
import type { Settled } from "./delivery.ts";
import { within } from "./engine/ambient.ts";
import type { Counts } from "./engine/counters.ts";
import { requireDuration, requireKnown } from "./engine/require.ts";
import { Run } from "./engine/run-context.ts";
import { defaultDrainTimeoutMs, defaultStalledAfterMs, workerName } from "./engine/settings.ts";
import { running } from "./engine/running.ts";
import type { EngineEvent } from "./events.ts";
import { Pipeline } from "./pipeline.ts";
import { asError } from "./engine/say-error.ts";

/** How a pipeline is run. */
export interface RunOptions {
  /** Aborting it stops the pipeline: intake ends, started work may finish until the drain timeout, everything is saved and given back. */
  readonly signal?: AbortSignal;
  /** How long started work may go on after the signal, in milliseconds. Default 25,000: below the 30 seconds that container platforms give. */
  readonly drainTimeoutMs?: number;
  /** After how long without an ended message, while some are under way, an event and health() say so, in milliseconds. Default 120,000. */
  readonly stalledAfterMs?: number;
  /** Names the pipeline in dead letters and events. Default "pipeline". */
  readonly name?: string;
  /** The pipeline's version, for dead letters, and for what is remembered of expanded messages: change it when the code of the pipeline changes. */
  readonly version?: string;
  /** Names this process among the workers of the consumer; need not be unique. Default: made from the process id. */
  readonly worker?: string;
  /** Hears what happens; what it throws or rejects with is counted and changes nothing. Nobody waits for a promise of it. */
  readonly onEvent?: (event: EngineEvent) => void;
  /** Time and randomness. Default: the machine's. */
  readonly clock?: Clock;
}

/** How a run went. */
export interface RunReport extends Counts {
  readonly elapsedMs: number;
  /** Why it ended: what the signal was aborted with, or that the source has ended. */
  readonly stoppedBecause: string;
}

const known = ["signal", "drainTimeoutMs", "stalledAfterMs", "name", "version", "worker", "onEvent", "clock"];

/**
 * Runs a pipeline until its signal aborts, its source ends, or it cannot go on. Resolves, after everything that had started was finished or given back,
 * with what it did. Rejects with the error when it cannot go on (class fatal, haltOnFailure, an error in a stream operator of your own); what was
 * settled before is saved then too.
 *
 * ```ts
 * const stop = new AbortController();
 * process.on("SIGTERM", () => stop.abort());
 * await run(charges, { signal: stop.signal, drainTimeoutMs: 25_000 });
 * ```
 */
export async function run(pipeline: Observable<Settled>, options: RunOptions = {}): Promise<RunReport> {
  requireKnown("run", options, known);
  const { signal, clock = systemClock, name = "pipeline", version, onEvent: listener } = options;
  const drainTimeoutMs = requireDuration("drainTimeoutMs", options.drainTimeoutMs ?? defaultDrainTimeoutMs);
  const stalledAfterMs = requireDuration("stalledAfterMs", options.stalledAfterMs ?? defaultStalledAfterMs);
  const context = new Run({ clock, name, version, drainTimeoutMs, stalledAfterMs, listener, worker: options.worker ?? workerName(clock) });
  const startedMs = clock.nowMs();
  const finish = running.enter(pipeline, context);
  const stop = (): void => context.stop(reasonOf(signal?.reason));
  try {
    await completion(pipeline, context, () => {
      if (signal?.aborted === true) stop();
      else signal?.addEventListener("abort", stop, { once: true });
    });
  } finally {
    // The stream may have ended from below (an error, take()), and everything was abandoned: what was settled is saved before this is told.
    await Promise.all(context.intakes.map(({ ended }) => ended));
    signal?.removeEventListener("abort", stop);
    context.end(new Error("the run has ended"));
    finish();
  }
  if (context.fatalError !== undefined) throw context.fatalError;
  const stoppedBecause = signal?.aborted === true ? reasonOf(signal.reason).message : "the source has ended";
  return { ...context.counts(), elapsedMs: clock.nowMs() - startedMs, stoppedBecause };
}

function completion(pipeline: Observable<Settled>, context: Run, started: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    within({ run: context, downstream: undefined, unobserved: pipeline instanceof Pipeline }, () =>
      pipeline.subscribe({ complete: resolve, error: reject }),
    );
    if (context.intakes.length === 0 && context.fatalError === undefined) {
      const message =
        "no source has joined the run: an operator between consume() and checkpoint() subscribes to it later; put that operator elsewhere";
      reject(new SpillwayError(message, { code: "SPILLWAY_INVALID_OPTIONS", failureClass: "fatal" }));
    }
    started();
  });
}

function reasonOf(reason: unknown): Error {
  return reason === undefined ? new Error("stopped") : asError(reason);
}
