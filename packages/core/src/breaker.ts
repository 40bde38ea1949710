import { Circuit, speaksAgainstService } from "./engine/circuit.ts";
import { refuse, requireCount, requireDuration, requireKnown } from "./engine/require.ts";

/** When a breaker opens, and for how long. */
export interface BreakerOptions {
  /** Names what is behind it, for events and explain(). */
  readonly name: string;
  /** Opens after this many failures in a row. Default 5; Infinity: only by ratio. */
  readonly consecutiveFailures?: number;
  /** Opens when more than this share of the last `window` calls failed. Default: not by ratio. */
  readonly failureRatio?: number;
  /** How many calls the ratio looks back on; it is judged when there were so many. Default 100. */
  readonly window?: number;
  /** How long it stays open before one message is let through as a probe. Default 10,000. */
  readonly openMs?: number;
  /** Which errors speak against the service behind. Default: all but those that call themselves permanent or fatal. */
  readonly counts?: (error: unknown) => boolean;
}

/** The states of a breaker. */
export type BreakerState = "closed" | "open" | "half-open";

/**
 * Stops calls to a service that keeps failing, for all stages that name it: while it is open no message is let in, none is tried and no attempt is used;
 * then one message probes, and its success closes it. Made by `breaker`.
 */
export interface Breaker {
  readonly name: string;
  readonly state: BreakerState;
  readonly openMs: number;
  /** Hears each change of state until the returned function is called. */
  onChange(listener: (state: BreakerState) => void): () => void;
}

const known = ["name", "consecutiveFailures", "failureRatio", "window", "openMs", "counts"];

/** Makes a breaker, to be named by handle, handleBatch or publish. */
export function breaker(options: BreakerOptions): Breaker {
  requireKnown("breaker", options, known);
  const { name, consecutiveFailures = 5, failureRatio, window = 100, openMs = 10_000, counts = speaksAgainstService } = options;
  if (name === "") refuse("a breaker needs a name: it is what events and explain() call it");
  if (consecutiveFailures !== Number.POSITIVE_INFINITY) requireCount("consecutiveFailures", consecutiveFailures);
  else if (failureRatio === undefined) refuse("a breaker with consecutiveFailures Infinity needs a failureRatio, or it never opens");
  if (failureRatio !== undefined && !(failureRatio > 0 && failureRatio < 1))
    refuse(`failureRatio must be between 0 and 1, but is ${String(failureRatio)}`);
  requireCount("window", window);
  requireDuration("openMs", openMs);

  return new Circuit({ name, openMs, consecutiveFailures, failureRatio, window, counts });
}
