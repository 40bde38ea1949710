import type { Clock } from "@spillway/spec";

/** Wakes who waits for something to change, among the users of one store in this process. */
export interface Changes {
  /** Wakes all who watch this topic. */
  notify(topic: string): void;
  /** Begins to notice changes of a topic; ends with end(). */
  watch(topic: string): Watch;
}

/** One wait after another for changes of one topic. */
export interface Watch {
  /** Forgets what has changed so far; called before looking. */
  reset(): void;
  /** Resolves when the topic has changed since reset(), after delayMs, or when the signal aborts, whichever is first. */
  wait(delayMs: number, clock: Clock, signal: AbortSignal): Promise<void>;
  end(): void;
}

interface Watching {
  changed: boolean;
  wake: (() => void) | undefined;
}

/** Makes the changes of one store; what it keeps is one entry for each watch that has not ended. */
export function createChanges(): Changes {
  const topics = new Map<string, Set<Watching>>();
  return {
    notify(topic) {
      for (const watching of topics.get(topic) ?? []) {
        watching.changed = true;
        watching.wake?.();
      }
    },
    watch(topic) {
      const watching: Watching = { changed: false, wake: undefined };
      const others = topics.get(topic) ?? new Set();
      topics.set(topic, others.add(watching));
      return {
        reset: () => void (watching.changed = false),
        wait: (delayMs, clock, signal) => waitFor(watching, delayMs, clock, signal),
        end() {
          others.delete(watching);
          if (others.size === 0 && topics.get(topic) === others) topics.delete(topic);
        },
      };
    },
  };
}

function waitFor(watching: Watching, delayMs: number, clock: Clock, signal: AbortSignal): Promise<void> {
  if (watching.changed || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const wake = (): void => {
      watching.wake = undefined;
      cancel();
      signal.removeEventListener("abort", wake);
      resolve();
    };
    const cancel = clock.schedule(delayMs, wake);
    watching.wake = wake;
    signal.addEventListener("abort", wake, { once: true });
  });
}
