/** Watches handlers run, and keeps what must never happen. */
export interface GroupWatch {
  /** A handler of a group's message, numbered from 0, begins; the returned function is called when it has ended. */
  begin(group: string, number: number): () => void;
  /** What broke the order of a group, or ran twice at once, in words. */
  readonly faults: readonly string[];
  /** How many attempts there were. */
  readonly attempts: number;
  /** All messages that began, as "group/number". */
  readonly seen: ReadonlySet<string>;
}

/** A later message of a group may begin only when the one before has begun and ended; going back (a redelivery) is allowed, skipping is not. */
export function watchGroups(): GroupWatch {
  const last = new Map<string, number>();
  const running = new Map<string, number>();
  const faults: string[] = [];
  const seen = new Set<string>();
  let attempts = 0;
  return {
    faults,
    seen,
    get attempts() {
      return attempts;
    },
    begin(group, number) {
      attempts += 1;
      const before = last.get(group) ?? -1;
      if (number > before + 1) faults.push(`${group}: ${number} began after ${before}`);
      if (running.has(group)) faults.push(`${group}: ${number} began while ${running.get(group)} was running`);
      last.set(group, number);
      running.set(group, number);
      seen.add(`${group}/${number}`);
      return () => running.delete(group);
    },
  };
}
