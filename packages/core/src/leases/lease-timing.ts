import { SpillwayError } from "@spillway/spec";

/** The times that workers of one consumer live by. */
export interface LeaseTiming {
  /** How long an owner may go without a renewal before others may take its lease. */
  readonly leaseDurationMs: number;
  /** How often held leases are renewed; the others are looked at as often at least. */
  readonly renewEveryMs: number;
  /** How often the source is asked for partitions that nobody has told us of. */
  readonly discoverEveryMs: number;
}

/**
 * The share of a lease's duration after which its owner gives up, and the share that others let pass before they take it. Between them lie clocks
 * that run a tenth too slow and a tenth too fast (0.85 / 0.9 < 1.1 / 1.1), and 5 % of the duration for timers that fire late.
 */
const ownerShare = 0.85;
const othersShare = 1.1;

/**
 * Ten seconds, as KCL has it: three renewals fit, two of them may fail, and an event loop that stands still for four seconds loses nothing. Shorter
 * ones mean more writes for each partition; longer ones, longer silence after a crash.
 */
const defaultDurationMs = 10_000;
const defaultDiscoverEveryMs = 30_000;

/** Timing with its defaults, checked: a third of the lease's duration between renewals, or a little more. */
export function leaseTiming(options: Partial<LeaseTiming>): LeaseTiming {
  const leaseDurationMs = options.leaseDurationMs ?? defaultDurationMs;
  const renewEveryMs = options.renewEveryMs ?? Math.ceil(leaseDurationMs / 3);
  const discoverEveryMs = options.discoverEveryMs ?? defaultDiscoverEveryMs;
  if (!(leaseDurationMs >= 30) || !Number.isFinite(leaseDurationMs)) {
    throw invalid(`leaseDurationMs is ${leaseDurationMs}; give at least 30 ms, better several seconds.`);
  }
  if (!(renewEveryMs * 3 >= leaseDurationMs && renewEveryMs <= leaseDurationMs * 0.4)) {
    throw invalid(`renewEveryMs is ${renewEveryMs}; give a third to two fifths of leaseDurationMs (${leaseDurationMs}), or leave it out.`);
  }
  if (!(discoverEveryMs > 0)) throw invalid(`discoverEveryMs is ${discoverEveryMs}; give a positive number of milliseconds.`);
  return { leaseDurationMs, renewEveryMs, discoverEveryMs };
}

/** After how long without a renewal an owner must assume that its lease is lost, counted from the sending of the last one that succeeded. */
export function giveUpAfterMs(durationMs: number): number {
  return durationMs * ownerShare;
}

/** After how long without a change of its record others may take a lease, counted from when they first saw that record. */
export function takeAfterMs(durationMs: number): number {
  return durationMs * othersShare;
}

/** How long after a renewal the next one cannot come: an owner writes no lease twice within half of a period, which is a third of the duration or more. */
export function noRenewalForMs(durationMs: number): number {
  return durationMs / 6;
}

/**
 * Time between looks for a renewal: how much later than it was written it may be seen, by which every take-over after a crash is late. As seldom as brings the
 * next owner within the duration and two seconds, with 0.6 s of them for calls; never more often than sixteen times in a duration, nor less often than renewals come.
 */
export function watchEveryMs(durationMs: number): number {
  const spareMs = 1_400 - (takeAfterMs(durationMs) - durationMs);
  return Math.max(durationMs / 16, Math.min(durationMs / 3, spareMs));
}

/** The least time between two looks, whatever is due. */
export function leastPauseMs(timing: LeaseTiming): number {
  return timing.leaseDurationMs / 400;
}

/** How long a free lease is left to the worker whose turn it is, before anybody may take it: longer than that worker's time between looks. */
export function reservedForMs(durationMs: number): number {
  return durationMs / 2;
}

/** Time between looks while a hand-over is under way: many fit into one lease duration, so that a large imbalance goes away within three. */
export function hurryMs(timing: LeaseTiming): number {
  return timing.leaseDurationMs / 40;
}

/** The longest that one call to the store or the source may take: a renewal that hangs leaves time for another before the owner must give up. */
export function callTimeoutMs(timing: LeaseTiming): number {
  return timing.renewEveryMs / 2;
}

function invalid(message: string): SpillwayError {
  return new SpillwayError(message, { code: "SPILLWAY_INVALID_OPTIONS", failureClass: "fatal" });
}
