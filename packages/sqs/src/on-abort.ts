import type { Cancel } from "@spillway/spec";

const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back once when the signal aborts, unless cancelled before. However many calls wait on a signal, it has one listener: Node takes more than ten
 * for a leak and warns.
 */
export function onAbort(signal: AbortSignal, call: () => void): Cancel {
  const calls = waiting.get(signal) ?? listen(signal);
  calls.add(call);
  return () => {
    calls.delete(call);
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
