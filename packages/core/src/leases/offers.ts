/** Values on their way from one producer to one consumer. Bounded by its user: as many as there are partitions, at most. */
export interface Offers<T> {
  offer(value: T): void;
  /** Resolves to the next value, or undefined after the end. Rejects once if it ended with an error. */
  next(): Promise<T | undefined>;
  /** Ends them; returns what nobody took. */
  end(error?: unknown): readonly T[];
}

/** Offers for one consumer that asks for one at a time. */
export function offers<T>(): Offers<T> {
  let waiting: T[] = [];
  let outcome: { error: unknown } | "open" | "ended" = "open";
  let wake: (() => void) | undefined;
  return {
    offer(value) {
      waiting.push(value);
      wake?.();
    },
    async next() {
      const isIdle = (): boolean => outcome === "open" && waiting.length === 0;
      while (isIdle()) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      wake = undefined;
      if (outcome === "open") return waiting.shift();
      if (outcome === "ended") return undefined;
      const { error } = outcome;
      outcome = "ended";
      throw error;
    },
    end(error) {
      if (outcome !== "open") return [];
      outcome = error === undefined ? "ended" : { error };
      const left = waiting;
      waiting = [];
      wake?.();
      return left;
    },
  };
}
