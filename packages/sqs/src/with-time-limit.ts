import { type Clock, onAbort, SpillwayError } from "@spillway/spec";

/** How long something may take, and what its failure is called. */
export interface TimeLimit {
  /** The caller's; when it aborts, the wait rejects with its reason. */
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Begins the error's message: "Reading ...". */
  readonly what: string;
}

/**
 * Runs one call to a provider within a time limit. Does not wait for the call once the signal has aborted or the time is over, because not everything
 * in a provider's client heeds a signal; what the call had begun may still take place.
 */
export async function withTimeLimit<Result>(limit: TimeLimit, call: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const { signal, clock, timeoutMs, what } = limit;
  signal.throwIfAborted();
  const controller = new AbortController();
  let giveUp: (reason: Error) => void = () => undefined;
  const givenUp = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  const stopListening = onAbort(signal, () => giveUp(new Error("aborted")));
  const cancelTimer = clock.schedule(timeoutMs, () => giveUp(timeoutError(what, timeoutMs)));
  try {
    return await Promise.race([call(controller.signal), givenUp]);
  } catch (error) {
    controller.abort();
    signal.throwIfAborted();
    throw error;
  } finally {
    cancelTimer();
    stopListening();
  }
}

function timeoutError(what: string, timeoutMs: number): SpillwayError {
  return new SpillwayError(
    `${what} had no answer within ${timeoutMs} ms. Whether it took place is unknown; it is tried again. ` +
      "If this goes on, check the network, the client's number of sockets, and requestTimeoutMs.",
    { code: "SPILLWAY_SQS_TIMEOUT" },
  );
}
