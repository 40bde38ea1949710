import type { Cancel } from "./clock.ts";

const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls once when the signal aborts, or at once when it has; cancelling takes the call back. However many calls wait on a signal, it has one listener:
 * Node takes more than ten for a leak and warns. The call must not throw.
 */
export function onAbort(signal: AbortSignal, call: () => void): Cancel {
  if (signal.aborted) {
    call();
    return () => undefined;
  }
  const calls = waiting.get(signal) ?? listen(signal);
  const own = (): void => call();
  calls.add(own);
  return () => {
    calls.delete(own);
    if (calls.size > 0 || waiting.get(signal) !== calls) return;
    waiting.delete(signal);
    signal.removeEventListener("abort", onSignal);
  };
}

function listen(signal: AbortSignal): Set<() => void> {
  const calls = new Set<() => void>();
  waiting.set(signal, calls);
  signal.addEventListener("abort", onSignal, { once: true });
  return calls;
}

function onSignal(this: AbortSignal): void {
  const calls = waiting.get(this);
  waiting.delete(this);
  for (const call of calls ?? []) call();
}
