import { refuse, requireKnown } from "./engine/require.ts";

/** How many retries there may be. */
export interface RetryBudgetOptions {
  /** Retries for each message that passes: 0.1 lets one in ten messages be tried once more. Default 0.1. */
  readonly share?: number;
  /** Retries that are always there, for each second. Default 10. */
  readonly floorPerSecond?: number;
  /** The most retries that can be saved up. Default 100. */
  readonly maxSaved?: number;
}

/**
 * A bound on retries, shared by every retry() that names it, in any pipeline of the process: when much fails at once, retries wait for their turn instead
 * of adding to the load. First attempts never wait for it.
 */
export interface RetryBudget {
  readonly says: string;
  /** A message has passed. */
  deposit(): void;
  /** Takes a retry, if there is one. */
  take(nowMs: number): boolean;
  /** When the next retry will be there even if no message passes, in milliseconds from now. */
  waitMs(): number;
  /** How many retries there are at present. */
  readonly saved: number;
}

/** Makes a budget: a token bucket, filled by successes and by time. */
export function retryBudget(options: RetryBudgetOptions = {}): RetryBudget {
  requireKnown("retryBudget", options, ["share", "floorPerSecond", "maxSaved"]);
  const { share = 0.1, floorPerSecond = 10, maxSaved = 100 } = options;
  if (!(share >= 0)) refuse(`share must be at least 0, but is ${String(share)}`);
  if (!(floorPerSecond > 0)) refuse(`floorPerSecond must be above 0, or retries could wait for ever; it is ${String(floorPerSecond)}`);
  if (!(maxSaved >= 1)) refuse(`maxSaved must be at least 1, but is ${String(maxSaved)}`);
  let saved = maxSaved;
  let filledMs: number | undefined;

  function fill(nowMs: number): void {
    if (filledMs !== undefined && nowMs > filledMs) saved = Math.min(maxSaved, saved + ((nowMs - filledMs) / 1_000) * floorPerSecond);
    filledMs = nowMs;
  }

  return {
    says: `within a budget of ${share} retries a passed message and ${floorPerSecond} a second`,
    deposit() {
      saved = Math.min(maxSaved, saved + share);
    },
    take(nowMs) {
      fill(nowMs);
      if (saved < 1) return false;
      saved--;
      return true;
    },
    waitMs: () => Math.max(1, Math.ceil(((1 - saved) / floorPerSecond) * 1_000)),
    get saved() {
      return saved;
    },
  };
}
