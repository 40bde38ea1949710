import { refuse, requireKnown } from "./engine/require.ts";
import { TokenBucket } from "./engine/token-bucket.ts";

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
 * of adding to the load. First attempts never wait for it. Made by `retryBudget`.
 */
export interface RetryBudget {
  readonly says: string;
  /** How many retries there were when one was taken or a message passed last. */
  readonly saved: number;
}

/** Makes a budget: a token bucket, filled by successes and by time. */
export function retryBudget(options: RetryBudgetOptions = {}): RetryBudget {
  requireKnown("retryBudget", options, ["share", "floorPerSecond", "maxSaved"]);
  const { share = 0.1, floorPerSecond = 10, maxSaved = 100 } = options;
  if (!(share >= 0)) refuse(`share must be at least 0, but is ${String(share)}`);
  if (!(floorPerSecond > 0)) refuse(`floorPerSecond must be above 0, or retries could wait for ever; it is ${String(floorPerSecond)}`);
  if (!(maxSaved >= 1)) refuse(`maxSaved must be at least 1, but is ${String(maxSaved)}`);
  return new TokenBucket({ share, floorPerSecond, maxSaved });
}
