/** What a handler has seen, key by key: each key's messages are numbered from 0. */
export interface KeyHistory {
  /** Notes one handled message. */
  saw(key: string, number: number): void;
  /** How many different messages were seen. */
  readonly distinct: number;
  /** How many were seen again. */
  readonly repeats: number;
  /** Messages that came before an earlier one of their key had ever been seen: order broken, or a loss. */
  readonly violations: readonly string[];
}

/** An empty history. */
export function keyHistory(): KeyHistory {
  const next = new Map<string, number>();
  const violations: string[] = [];
  let distinct = 0;
  let repeats = 0;
  return {
    get distinct() {
      return distinct;
    },
    get repeats() {
      return repeats;
    },
    violations,
    saw(key, number) {
      const expected = next.get(key) ?? 0;
      if (number < expected) {
        repeats += 1;
        return;
      }
      if (number > expected) violations.push(`${key}: ${number} came, ${expected} had not`);
      distinct += 1;
      next.set(key, number + 1);
    },
  };
}
