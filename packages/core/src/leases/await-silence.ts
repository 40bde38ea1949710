import { SpillwayError, type Clock, type LeaseRecord } from "@spillway/spec";
import { pause } from "../engine/pause.ts";
import { takeAfterMs } from "./lease-timing.ts";
import { observedTime } from "./observed-time.ts";

/**
 * Resolves when no worker that owns a lease can be alive: at once if no lease has an owner, otherwise after watching for as long as owners may be
 * silent. Rejects with SPILLWAY_CONFLICT at the first sign of life.
 */
export async function awaitSilence(clock: Clock, list: () => Promise<readonly LeaseRecord[]>, signal: AbortSignal): Promise<void> {
  const owned = (await list()).filter((record) => record.owner !== undefined);
  const versions = new Map(owned.map((record) => [record.partition, record.version]));
  const watchMs = Math.max(0, ...owned.map((record) => takeAfterMs(record.durationMs)));
  const lookEveryMs = watchMs / 20;
  const time = observedTime(clock, 0);
  while (time.nowMs() < watchMs) {
    await pause(clock, lookEveryMs, signal);
    signal.throwIfAborted();
    for (const record of await list()) {
      if (record.owner !== undefined && versions.get(record.partition) !== record.version) throw stillRuns(record.partition, record.owner);
    }
    time.count(lookEveryMs);
  }
}

/** The consumer is being run: nothing was changed. */
export function stillRuns(partition: string, owner: string | undefined): SpillwayError {
  const message = `The consumer cannot be rewound while it runs: ${owner ?? "a worker"} reads ${partition}. Stop all of its workers and try again.`;
  return new SpillwayError(message, { code: "SPILLWAY_CONFLICT", failureClass: "permanent" });
}
