import { failureClassOf } from "@spillway/spec";
import type { Breaker, BreakerState } from "../breaker.ts";
import { refuse } from "./require.ts";

/** What a circuit goes by; checked by breaker(). */
export interface CircuitOptions {
  readonly name: string;
  readonly openMs: number;
  readonly consecutiveFailures: number;
  readonly failureRatio: number | undefined;
  readonly window: number;
  readonly counts: (error: unknown) => boolean;
}

/** A breaker as the engine sees it: it asks for leave to call, and tells how calls end. */
export class Circuit implements Breaker {
  readonly name: string;
  readonly openMs: number;
  readonly #options: CircuitOptions;
  readonly #listeners = new Set<(state: BreakerState) => void>();
  readonly #recent: Uint8Array;
  #state: BreakerState = "closed";
  #probing = false;
  #inRow = 0;
  #calls = 0;
  #failures = 0;

  constructor(options: CircuitOptions) {
    this.name = options.name;
    this.openMs = options.openMs;
    this.#options = options;
    this.#recent = new Uint8Array(options.window);
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** Takes leave to make a call; false: wait until it is closed or asks for a probe. */
  admit(): boolean {
    if (this.#state === "closed") return true;
    if (this.#state === "open" || this.#probing) return false;
    this.#probing = true;
    return true;
  }

  /** A call went well. */
  succeeded(): void {
    this.#inRow = 0;
    if (this.#state === "half-open") this.#change("closed");
    else this.#remember(0);
  }

  /** A call failed. Returns whether its message may keep its attempt, because the call was a probe. */
  failed(error: unknown): boolean {
    if (!this.#speaksAgainst(error)) {
      this.succeeded();
      return false;
    }
    if (this.#state === "half-open") {
      this.#change("open");
      return true;
    }
    if (this.#state === "open") return false;
    this.#remember(1);
    const { failureRatio, window, consecutiveFailures } = this.#options;
    const byRatio = failureRatio !== undefined && this.#calls >= window && this.#failures / window > failureRatio;
    if (++this.#inRow >= consecutiveFailures || byRatio) this.#change("open");
    return false;
  }

  /** A call ended without an answer (aborted): a probe may be made again. */
  gaveUp(): void {
    // Told, so that what waits for the probe's end is asked for another one.
    if (this.#state === "half-open" && this.#probing) this.#change("half-open");
  }

  /** The open time is over: the next call is a probe. */
  halfOpen(): void {
    if (this.#state === "open") this.#change("half-open");
  }

  onChange(listener: (state: BreakerState) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #change(next: BreakerState): void {
    this.#state = next;
    this.#probing = false;
    this.#inRow = 0;
    this.#calls = 0;
    this.#failures = 0;
    this.#recent.fill(0);
    for (const listener of [...this.#listeners]) listener(next);
  }

  /** A test of the user's that fails says nothing: the default decides. */
  #speaksAgainst(error: unknown): boolean {
    try {
      return this.#options.counts(error);
    } catch {
      return speaksAgainstService(error);
    }
  }

  #remember(failed: 0 | 1): void {
    const { failureRatio, window } = this.#options;
    if (failureRatio === undefined) return;
    const place = this.#calls++ % window;
    this.#failures += failed - (this.#recent[place] as number);
    this.#recent[place] = failed;
  }
}

/** The engine's view of a breaker, if there is one; refuses one that breaker() has not made. */
export function circuitOf(breaker: Breaker | undefined): Circuit | undefined {
  if (breaker === undefined || breaker instanceof Circuit) return breaker;
  return refuse(`"${breaker.name}" was not made by breaker(), or by that of another copy of @spillway/core; make it with this one`);
}

/** Whether an error is the service's fault by default: not if it calls itself permanent or fatal. */
export function speaksAgainstService(error: unknown): boolean {
  const failureClass = failureClassOf(error);
  return failureClass !== "permanent" && failureClass !== "fatal";
}
