import { systemClock, type Clock } from "@spillway/spec";
import type { RunSettings } from "./run-context.ts";

/** How long what is under way may go on after the signal: below the 30 seconds that container platforms give. */
export const defaultDrainTimeoutMs = 25_000;

/** How long nothing may end, while something is under way, before that is worth a word. */
export const defaultStalledAfterMs = 120_000;

/** The settings of a pipeline that is subscribed by hand instead of with run(). */
export function defaultSettings(): RunSettings {
  return {
    clock: systemClock,
    name: "pipeline",
    version: undefined,
    worker: workerName(systemClock),
    drainTimeoutMs: defaultDrainTimeoutMs,
    stalledAfterMs: defaultStalledAfterMs,
    listener: undefined,
  };
}

/** A name for this process among the workers of a consumer. */
export function workerName(clock: Clock): string {
  return `worker-${process.pid}-${Math.floor(clock.random() * 0x1_0000_0000).toString(16)}`;
}
