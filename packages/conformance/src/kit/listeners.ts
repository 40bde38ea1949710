import { getEventListeners } from "node:events";
import { equal } from "./check.ts";

/** A signal of a case's own, for calls whose abort or leftovers the case is about. */
export interface OwnSignal {
  readonly signal: AbortSignal;
  abort(): void;
  /** How many listeners the signal has now. */
  listeners(): number;
  /** Fails the case if anybody still listens to the signal. */
  expectNoListeners(fact: string): void;
}

/** Makes a signal that nobody listens to yet. */
export function ownSignal(): OwnSignal {
  const controller = new AbortController();
  const { signal } = controller;
  const listeners = (): number => getEventListeners(signal, "abort").length;
  return {
    signal,
    abort: () => controller.abort(),
    listeners,
    expectNoListeners: (fact) => equal(fact, listeners(), 0),
  };
}

/** Lets everything that is ready run: what was started before is then waiting, if it waits at all. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
