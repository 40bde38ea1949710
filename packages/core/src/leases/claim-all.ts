import { SpillwayError, type Clock, type LeaseRecord, type PartitionId } from "@spillway/spec";
import { stillRuns } from "./await-silence.ts";
import { claimer } from "./claimer.ts";
import { giveBack } from "./give-back.ts";
import type { HeldLease } from "./held-lease.ts";
import { inParallel, writesAtOnce } from "./in-parallel.ts";
import type { LeaseTiming } from "./lease-timing.ts";
import { renewals } from "./renewals.ts";
import { recordOf, type ScopedStore } from "./scoped-store.ts";
import { uniqueWorker } from "./unique-worker.ts";

/** What claiming needs. */
export interface ClaimAllOptions {
  readonly store: ScopedStore;
  readonly clock: Clock;
  readonly timing: LeaseTiming;
  /** Lists the lease records, again if need be. */
  readonly list: () => Promise<readonly LeaseRecord[]>;
  readonly signal: AbortSignal;
}

const rounds = 6;

/**
 * Takes the lease of each, finished ones included, so that no worker can, and keeps them alive until they are released. Rejects with SPILLWAY_CONFLICT, holding none, when a
 * worker was faster with one of them.
 */
export async function claimAll<T extends { readonly record: LeaseRecord }>(
  targets: readonly T[],
  options: ClaimAllOptions,
): Promise<readonly (T & { readonly held: HeldLease })[]> {
  const { store, clock, timing, signal } = options;
  const me = uniqueWorker("rewind", clock);
  const kept = renewals({ store, clock, timing, report: () => undefined, onFatal: () => undefined });
  const claims = claimer({
    me,
    leaseDurationMs: timing.leaseDurationMs,
    store,
    clock,
    report: () => undefined,
    onEnd: (held) => kept.remove(held),
  });
  const held = new Map<PartitionId, HeldLease>();
  let missing: readonly LeaseRecord[] = targets.map(({ record }) => record);
  let failure: unknown;

  async function claim(record: LeaseRecord): Promise<void> {
    const lease = await claims.claim({ ...record, state: "open" });
    if (lease === undefined) return;
    held.set(record.partition, lease);
    kept.add(lease);
  }

  /** What the store holds now of those that were not claimed: the same as before, or a claim of ours whose answer was lost. */
  async function again(): Promise<readonly LeaseRecord[]> {
    const unclaimed = missing.filter((record) => !held.has(record.partition));
    if (unclaimed.length === 0) return [];
    const stored = await options.list();
    return unclaimed.map((record) => {
      const now = recordOf(stored, record.partition);
      if (now?.owner === me) return now;
      if ((now?.version ?? 0) !== record.version) throw stillRuns(record.partition, now?.owner);
      return record;
    });
  }

  try {
    for (let round = 0; missing.length > 0; round++) {
      signal.throwIfAborted();
      if (round === rounds) throw gaveUp(rounds, failure);
      [failure] = await inParallel(missing, writesAtOnce, claim);
      missing = await again();
    }
    return targets.flatMap((target) => {
      const lease = held.get(target.record.partition);
      return lease === undefined ? [] : [{ ...target, held: lease }];
    });
  } catch (error) {
    await Promise.all([...held.values()].map((lease) => giveBack(lease)));
    throw error;
  }
}

function gaveUp(times: number, cause: unknown): SpillwayError {
  const message = `The lease store did not take the same claim ${times} times, though nobody else made one. Nothing was changed; try again later.`;
  return new SpillwayError(message, { code: "SPILLWAY_STORE_UNAVAILABLE", cause });
}
