interface Listeners {
  readonly calls: Set<() => void>;
  readonly listen: () => void;
}

const listeners = new WeakMap<AbortSignal, Listeners>();

/**
 * Calls once when the signal aborts, or at once when it has; returns what takes the call back. However many calls wait for one signal, it has one
 * listener, because Node warns of a leak from the eleventh on.
 */
export function onAbort(signal: AbortSignal, call: () => void): () => void {
  if (signal.aborted) {
    call();
    return () => undefined;
  }
  const { calls, listen } = listeners.get(signal) ?? listenTo(signal);
  const own = (): void => call();
  calls.add(own);
  return () => {
    calls.delete(own);
    if (calls.size > 0 || listeners.get(signal)?.calls !== calls) return;
    listeners.delete(signal);
    signal.removeEventListener("abort", listen);
  };
}

function listenTo(signal: AbortSignal): Listeners {
  const calls = new Set<() => void>();
  const listen = (): void => {
    listeners.delete(signal);
    for (const call of calls) call();
  };
  signal.addEventListener("abort", listen, { once: true });
  const added = { calls, listen };
  listeners.set(signal, added);
  return added;
}
