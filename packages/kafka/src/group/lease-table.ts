import type { FencingToken, PartitionId } from "@spillway/spec";
import type { Found } from "./acquire.ts";
import { leaseLost, type HeldLease } from "./held-lease.ts";

/** The partitions that this member has, in whatever state. */
export interface LeaseTable {
  readonly size: number;
  has(id: PartitionId): boolean;
  /** The lease of this token, if it is still ours. */
  find(id: PartitionId, token: FencingToken): HeldLease | undefined;
  in(status: "held" | "draining"): readonly HeldLease[];
  /** Takes partitions in that were found and marked as held. */
  add(found: readonly Found[], generation: number): readonly HeldLease[];
  /** Asks for a partition back; it is lost when that takes too long. */
  drain(lease: HeldLease, why: string): void;
  /** Takes a partition that was given back off the table. */
  remove(lease: HeldLease): void;
  /** Gives a partition up at once: what runs of it is aborted. */
  lose(lease: HeldLease, why: string): void;
  loseAll(why: string): void;
}

/** Makes an empty table; `removed` hears of each partition that is gone from it, whether given back or lost. */
export function leaseTable(drainTimeoutMs: number, removed: (id: PartitionId) => void): LeaseTable {
  const leases = new Map<PartitionId, HeldLease>();
  /** How often each partition was gained, in the generation that it was last gained in. */
  const gains = new Map<PartitionId, { readonly generation: number; readonly count: number }>();

  /** Grows with the generation, and within one for a partition that was given back and gained again. */
  function nextToken(id: PartitionId, generation: number): FencingToken {
    const last = gains.get(id);
    const count = last?.generation === generation ? last.count + 1 : 0;
    gains.set(id, { generation, count });
    return (generation * 1_000 + count) as FencingToken;
  }

  function remove(lease: HeldLease): void {
    if (lease.status === "gone") return;
    clearTimeout(lease.deadline);
    lease.status = "gone";
    leases.delete(lease.id);
    removed(lease.id);
  }

  function lose(lease: HeldLease, why: string): void {
    if (lease.status === "gone") return;
    const error = leaseLost(lease.id, why);
    remove(lease);
    lease.drain.abort(error);
    lease.lost.abort(error);
  }

  return {
    get size() {
      return leases.size;
    },
    has: (id) => leases.has(id),
    find(id, token) {
      const lease = leases.get(id);
      return lease?.token === token ? lease : undefined;
    },
    in: (status) => [...leases.values()].filter((lease) => lease.status === status),
    add(found, generation) {
      return found.map((one) => {
        const token = nextToken(one.id, generation);
        const lease: HeldLease = {
          ...one,
          token,
          status: "held",
          drain: new AbortController(),
          lost: new AbortController(),
          deadline: undefined,
        };
        leases.set(one.id, lease);
        return lease;
      });
    },
    drain(lease, why) {
      lease.status = "draining";
      lease.deadline = setTimeout(() => lose(lease, `it was not given back within ${drainTimeoutMs} ms`), drainTimeoutMs);
      lease.drain.abort(new Error(why));
    },
    remove,
    lose,
    loseAll(why) {
      for (const lease of leases.values()) lose(lease, why);
    },
  };
}
