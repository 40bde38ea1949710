import { failureClassOf } from "@spillway/spec";
import { isThenable } from "./engine/is-thenable.ts";
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
 * then one message probes, and its success closes it.
 */
export interface Breaker {
  readonly name: string;
  readonly state: BreakerState;
  readonly openMs: number;
  /** Takes leave to make a call; false: wait until it is closed or asks for a probe. */
  admit(): boolean;
  /** A call went well. */
  succeeded(): void;
  /** A call failed. Returns whether its message may keep its attempt, because the call was a probe. */
  failed(error: unknown): boolean;
  /** A call ended without an answer (aborted): a probe may be made again. */
  gaveUp(): void;
  /** The open time is over: the next call is a probe. */
  halfOpen(): void;
  /** Hears each change of state until the returned function is called; what it throws changes nothing. */
  onChange(listener: (state: BreakerState) => void): () => void;
}

const known = ["name", "consecutiveFailures", "failureRatio", "window", "openMs", "counts"];

/** Makes a breaker, to be named by handle, handleBatch or publish. */
export function breaker(options: BreakerOptions): Breaker {
  requireKnown("breaker", options, known);
  const { name, consecutiveFailures = 5, failureRatio, window = 100, openMs = 10_000, counts = countsByDefault } = options;
  if (name === "") refuse("a breaker needs a name: it is what events and explain() call it");
  if (consecutiveFailures !== Number.POSITIVE_INFINITY) requireCount("consecutiveFailures", consecutiveFailures);
  else if (failureRatio === undefined) refuse("a breaker with consecutiveFailures Infinity needs a failureRatio, or it never opens");
  if (failureRatio !== undefined && !(failureRatio > 0 && failureRatio < 1))
    refuse(`failureRatio must be between 0 and 1, but is ${String(failureRatio)}`);
  requireCount("window", window);
  requireDuration("openMs", openMs);

  const listeners = new Set<(state: BreakerState) => void>();
  const recent = new Uint8Array(window);
  let state: BreakerState = "closed";
  let probing = false;
  let inRow = 0;
  let calls = 0;
  let failures = 0;

  function change(next: BreakerState): void {
    state = next;
    probing = false;
    inRow = 0;
    calls = 0;
    failures = 0;
    recent.fill(0);
    for (const listener of [...listeners]) tell(listener, next);
  }

  /** A test of the user's that fails says nothing: the default decides. */
  function speaksAgainst(error: unknown): boolean {
    try {
      return counts(error);
    } catch {
      return countsByDefault(error);
    }
  }

  function remember(failed: 0 | 1): void {
    if (failureRatio === undefined) return;
    const place = calls++ % window;
    failures += failed - (recent[place] as number);
    recent[place] = failed;
  }

  return {
    name,
    openMs,
    get state() {
      return state;
    },
    admit() {
      if (state === "closed") return true;
      if (state === "open" || probing) return false;
      probing = true;
      return true;
    },
    succeeded() {
      inRow = 0;
      if (state === "half-open") change("closed");
      else remember(0);
    },
    failed(error) {
      if (!speaksAgainst(error)) {
        this.succeeded();
        return false;
      }
      if (state === "half-open") {
        change("open");
        return true;
      }
      if (state === "open") return false;
      remember(1);
      const byRatio = failureRatio !== undefined && calls >= window && failures / window > failureRatio;
      if (++inRow >= consecutiveFailures || byRatio) change("open");
      return false;
    },
    gaveUp() {
      // Told, so that what waits for the probe's end is asked for another one.
      if (state === "half-open" && probing) change("half-open");
    },
    halfOpen() {
      if (state === "open") change("half-open");
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** The breaker's change is made already, and every listener hears of it: one that fails must not fail the message whose call made it. */
function tell(listener: (state: BreakerState) => void, state: BreakerState): void {
  try {
    const answer: unknown = listener(state);
    if (isThenable(answer)) answer.then(undefined, () => undefined);
  } catch {
    return;
  }
}

function countsByDefault(error: unknown): boolean {
  const failureClass = failureClassOf(error);
  return failureClass !== "permanent" && failureClass !== "fatal";
}
