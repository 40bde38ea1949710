import { refuse, requireDuration, requireKnown } from "./engine/require.ts";

/** What a backoff computes the next delay from. */
export interface BackoffStep {
  /** The attempt that failed: 1 for the first. */
  readonly attempt: number;
  /** The delay before that attempt, 0 for the first. */
  readonly previousMs: number;
  readonly error: unknown;
  /** At least 0, less than 1; from the run's clock, so that a seed repeats a run. */
  readonly random: () => number;
}

/** How long a failed message waits for its next attempt: a value without state, which any number of pipelines may share. */
export interface Backoff {
  /** For explain(). */
  readonly says: string;
  /** Milliseconds, at least 0. */
  delayMs(step: BackoffStep): number;
}

/** How delays are spread, so that messages which failed together do not come back together. */
export type Jitter =
  /** Anywhere from 0 to the bound: the best spread. */
  | "full"
  /** From half the bound to the bound. */
  | "equal"
  /** From firstMs to three times the previous delay: grows by luck, spreads best over long outages. */
  | "decorrelated"
  /** Exactly the bound. */
  | "none";

/** The bounds of an exponential backoff. */
export interface ExponentialOptions {
  readonly firstMs: number;
  readonly maxMs: number;
  /** By what the bound grows with each attempt. Default 2. */
  readonly factor?: number;
  /** Default "full". */
  readonly jitter?: Jitter;
}

const jitters: readonly string[] = ["full", "equal", "decorrelated", "none"];

/** Delays whose bound grows with each attempt, up to maxMs, spread by jitter. */
export function exponential(options: ExponentialOptions): Backoff {
  requireKnown("exponential", options, ["firstMs", "maxMs", "factor", "jitter"]);
  const { firstMs, maxMs, factor = 2, jitter = "full" } = options;
  requireDuration("firstMs", firstMs);
  if (!(maxMs >= firstMs)) refuse(`maxMs must be at least firstMs (${firstMs}), but is ${String(maxMs)}`);
  if (!(factor >= 1)) refuse(`factor must be at least 1, but is ${String(factor)}`);
  if (!jitters.includes(jitter)) refuse(`jitter must be one of ${jitters.join(", ")}, but is ${JSON.stringify(jitter)}`);
  return {
    says: `exponential from ${firstMs} to ${maxMs} ms, ${jitter} jitter`,
    delayMs({ attempt, previousMs, random }) {
      const bound = Math.min(maxMs, firstMs * factor ** Math.min(attempt - 1, 1_000));
      if (jitter === "none") return bound;
      if (jitter === "equal") return bound / 2 + (random() * bound) / 2;
      if (jitter === "full") return random() * bound;
      return Math.min(maxMs, firstMs + random() * Math.max(0, previousMs * 3 - firstMs));
    },
  };
}

/** The same delay before each attempt. */
export function constant(delayMs: number): Backoff {
  if (delayMs !== 0) requireDuration("delayMs", delayMs);
  return { says: `constant ${delayMs} ms`, delayMs: () => delayMs };
}

/** The delay that the error itself asks for (a `retryAfterMs` in milliseconds, as throttled services give), or another backoff where it does not. */
export function fromError(otherwise: Backoff): Backoff {
  return {
    says: `as the error says, or ${otherwise.says}`,
    delayMs: (step) => retryAfterMs(step.error) ?? otherwise.delayMs(step),
  };
}

function retryAfterMs(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("retryAfterMs" in error)) return undefined;
  const { retryAfterMs: delay } = error;
  return typeof delay === "number" && Number.isFinite(delay) && delay >= 0 ? delay : undefined;
}
