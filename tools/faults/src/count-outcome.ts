/** What became of the messages of a run. */
export interface Outcome {
  readonly acknowledged: number;
  /** Records in the topic, those that are there twice counted twice. */
  readonly stored: number;
  /** Acknowledged, and not in the topic. */
  readonly lost: number;
  /** Records in the topic that were there already. */
  readonly duplicates: number;
}

/** Compares the values that were acknowledged with those that the topic holds. */
export function countOutcome(acknowledged: ReadonlySet<string>, stored: readonly string[]): Outcome {
  const held = new Set(stored);
  return {
    acknowledged: acknowledged.size,
    stored: stored.length,
    lost: [...acknowledged].filter((value) => !held.has(value)).length,
    duplicates: stored.length - held.size,
  };
}
