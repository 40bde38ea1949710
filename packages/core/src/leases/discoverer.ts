import { failureClassOf, type Clock, type LeaseRecord, type LogSource } from "@spillway/spec";
import { backoffMs } from "./backoff.ts";
import { boundedCall } from "./bounded-call.ts";
import type { ReportLeaseEvent } from "./lease-event.ts";
import { callTimeoutMs, hurryMs, type LeaseTiming } from "./lease-timing.ts";
import { discovery, type Discovery } from "./lineage.ts";

/** Asks the source for its partitions now and then. */
export interface Discoverer {
  /** What the source last listed, asked again if it is time. Undefined as long as it never answered; rejects only with what will not pass. */
  discover(recorded: readonly LeaseRecord[], nowMs: number, signal: AbortSignal): Promise<Discovery | undefined>;
  /** The source may list other partitions now: ask at the next occasion, unless it was asked a moment ago or is failing. */
  soon(): void;
  /** How long until it is time to ask, in milliseconds. */
  dueInMs(nowMs: number): number;
}

/** What a discoverer needs. */
export interface DiscovererOptions {
  readonly source: Pick<LogSource<unknown>, "partitions">;
  readonly clock: Clock;
  readonly timing: LeaseTiming;
  readonly report: ReportLeaseEvent;
}

/** A discoverer that has not asked yet. The time it is given is observed time. */
export function discoverer(options: DiscovererOptions): Discoverer {
  const { source, clock, timing, report } = options;
  let discovered: Discovery | undefined;
  let dueAtMs = 0;
  let askedAtMs = -Infinity;
  let isWanted = false;
  let failures = 0;
  return {
    async discover(recorded, nowMs, signal) {
      if (nowMs < dueAtMs) return discovered;
      askedAtMs = nowMs;
      isWanted = false;
      try {
        const partitions = await boundedCall(clock, callTimeoutMs(timing), [signal], (call) => source.partitions(call));
        discovered = discovery(partitions, recorded);
        failures = 0;
        // Wanted while it was being asked: what it answered may be too old.
        dueAtMs = nowMs + (isWanted ? hurryMs(timing) : timing.discoverEveryMs);
      } catch (error) {
        if (signal.aborted || failureClassOf(error) === "fatal") throw error;
        const retryInMs = backoffMs(++failures, { firstMs: timing.renewEveryMs / 32, maxMs: timing.discoverEveryMs }, clock);
        dueAtMs = nowMs + retryInMs;
        report({ type: "lease-call-failed", call: "discover", error, retryInMs });
      }
      return discovered;
    },
    soon() {
      isWanted = true;
      if (failures === 0) dueAtMs = askedAtMs + hurryMs(timing);
    },
    dueInMs: (nowMs) => Math.max(0, dueAtMs - nowMs),
  };
}
