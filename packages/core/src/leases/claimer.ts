import type { Clock, FencingToken, Lease, LeaseRecord, PartitionId } from "@spillway/spec";
import { heldLease, type HeldLease, type HeldLeaseOptions } from "./held-lease.ts";
import type { ReportLeaseEvent } from "./lease-event.ts";
import type { ScopedStore } from "./scoped-store.ts";

/** Takes leases for one worker, and knows its own claims again when their answers were lost. */
export interface Claimer {
  /** Takes an available lease. Resolves to undefined when somebody was faster; a rejection leaves it unknown, and the next look tells. */
  claim(stored: LeaseRecord): Promise<HeldLease | undefined>;
  /** Forgets the claims that the records show to have failed. */
  forget(records: readonly LeaseRecord[]): void;
}

/** What a claimer needs. */
export interface ClaimerOptions {
  readonly me: string;
  readonly leaseDurationMs: number;
  readonly store: ScopedStore;
  readonly clock: Clock;
  readonly report: ReportLeaseEvent;
  /** Called when a claimed lease is over. */
  readonly onEnd: HeldLeaseOptions["onEnd"];
}

interface Attempt {
  readonly token: FencingToken;
  readonly takeover: Lease["takeover"];
}

/** A claimer for the worker `me`, a name that no other process has or had. */
export function claimer(options: ClaimerOptions): Claimer {
  const { me, leaseDurationMs, store, clock, report } = options;
  // Claims without a good answer. Bounded by the partitions: each look forgets those that were decided otherwise.
  const attempts = new Map<PartitionId, Attempt>();

  /** Whose lease it was decides how it is taken; a claim of our own that did arrive keeps its token and what it knew of the owner before. */
  function attemptAt(stored: LeaseRecord): Attempt {
    const earlier = attempts.get(stored.partition);
    const isOurs = stored.owner === me;
    if (isOurs && earlier?.token === stored.token) return earlier;
    const token = (stored.token + 1) as FencingToken;
    // A lease left over in our own name was given up by this process, which lives: no message has killed it.
    return { token, takeover: stored.owner === undefined || isOurs ? "clean" : "unclean" };
  }

  return {
    async claim(stored) {
      const attempt = attemptAt(stored);
      attempts.set(stored.partition, attempt);
      const held = heldLease({
        next: { ...stored, version: stored.version + 1, token: attempt.token, owner: me, durationMs: leaseDurationMs, wantedBy: undefined },
        takeover: attempt.takeover,
        store,
        clock,
        report,
        onEnd: options.onEnd,
      });
      try {
        if (!(await held.claim())) return undefined;
        attempts.delete(stored.partition);
        return held;
      } finally {
        if (!held.isHeld) held.abandon();
      }
    },
    forget(records) {
      const stored = new Map(records.map((record) => [record.partition, record]));
      for (const [partition, attempt] of attempts) {
        const record = stored.get(partition);
        // A token that is still lower may be raised by our claim yet, if it is on its way.
        if (record === undefined || (record.token >= attempt.token && record.owner !== me)) attempts.delete(partition);
      }
    },
  };
}
