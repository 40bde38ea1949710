import { SpillwayError, type CallOptions, type Clock } from "@spillway/spec";

/**
 * A call that ends when it answers, when timeoutMs have passed, or when one of the signals aborts, whichever is first, even if the called one
 * ignores its signal. Leaves no timer and no listener.
 */
export function boundedCall<T>(
  clock: Clock,
  timeoutMs: number,
  signals: readonly AbortSignal[],
  call: (options: CallOptions) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  return new Promise<T>((resolve, reject) => {
    const cancelTimer = clock.schedule(timeoutMs, () => abort(timedOut(timeoutMs)));
    const listeners = signals.map((signal) => ({ signal, listener: () => abort(signal.reason) }));

    function end(): void {
      cancelTimer();
      for (const { signal, listener } of listeners) signal.removeEventListener("abort", listener);
    }
    function abort(reason: unknown): void {
      end();
      reject(reason);
      controller.abort(reason);
    }

    for (const { signal, listener } of listeners) signal.addEventListener("abort", listener);
    const aborted = signals.find((signal) => signal.aborted);
    // Async, so that a call that throws at once ends like one that rejects.
    if (aborted === undefined) (async () => call({ signal: controller.signal }))().then(resolve, reject).finally(end);
    else abort(aborted.reason);
  });
}

/** Why a call was given up. */
export function timedOut(timeoutMs: number): SpillwayError {
  return new SpillwayError(`No answer within ${Math.round(timeoutMs)} ms; the call is given up and made again.`, {
    code: "SPILLWAY_CALL_TIMEOUT",
  });
}
