import type { BatchResult } from "./batch-stage.ts";
import { laneKey } from "./lane-key.ts";
import { notAttempted } from "./not-attempted.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";

/** What is known so far about the messages of a batch, and which lanes must not go on because a message of theirs has failed. */
export class Findings {
  readonly #batch: readonly TrackedDelivery[];
  readonly #results = new Map<TrackedDelivery, BatchResult>();
  readonly #blocked = new Set<string>();

  constructor(batch: readonly TrackedDelivery[]) {
    this.#batch = batch;
  }

  /** Takes down the results of a range. */
  tell(range: readonly TrackedDelivery[], results: readonly BatchResult[]): void {
    range.forEach((delivery, index) => {
      const result = results[index] as BatchResult;
      this.#results.set(delivery, result);
      const lane = laneName(delivery);
      if (!result.ok && lane !== undefined) this.#blocked.add(lane);
    });
  }

  /** The messages of a range that may still be attempted; the others wait behind the failed one of their lane, or have been aborted meanwhile. */
  without(range: readonly TrackedDelivery[]): readonly TrackedDelivery[] {
    return range.filter((delivery) => {
      const lane = laneName(delivery);
      if (!delivery.settled && (lane === undefined || !this.#blocked.has(lane))) return true;
      this.#results.set(delivery, notAttempted);
      return false;
    });
  }

  /** All messages of a range have failed with one error. */
  failAll(range: readonly TrackedDelivery[], error: unknown): readonly BatchResult[] {
    this.tell(
      range,
      range.map(() => ({ ok: false, error })),
    );
    return this.results();
  }

  /** One result for each message of the batch, in its order. */
  results(): readonly BatchResult[] {
    return this.#batch.map((delivery) => this.#results.get(delivery) ?? notAttempted);
  }
}

function laneName(delivery: TrackedDelivery): string | undefined {
  const key = laneKey(delivery);
  return key === undefined ? undefined : `${delivery.feed.origin.partition ?? ""}\u0000${key}`;
}
