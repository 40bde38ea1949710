/** Counts how often each message ran, and what ran while it was running already. */
export interface MessageWatch {
  /** How often each message's handler has begun. */
  readonly runs: ReadonlyMap<string, number>;
  /** Messages whose handler began while it was running. */
  readonly twiceAtOnce: readonly string[];
  /** Does the work of a message's handler. Rejects as the work does. */
  during(name: string, work: () => Promise<void>): Promise<void>;
}

/** Watches the handlers of any number of workers. */
export function watchMessages(): MessageWatch {
  const runs = new Map<string, number>();
  const running = new Set<string>();
  const twiceAtOnce: string[] = [];
  return {
    runs,
    twiceAtOnce,
    async during(name, work) {
      if (running.has(name)) twiceAtOnce.push(name);
      running.add(name);
      runs.set(name, (runs.get(name) ?? 0) + 1);
      try {
        await work();
      } finally {
        running.delete(name);
      }
    },
  };
}
