import type { Assigner, Clock, LeaseStore, LogSource } from "@spillway/spec";
import type { ReportLeaseEvent } from "./lease-event.ts";
import { leaseTiming, type LeaseTiming } from "./lease-timing.ts";
import { leaseSession } from "./lease-session.ts";

/** What the engine's own assigner needs. */
export interface LeaseAssignerOptions extends Partial<LeaseTiming> {
  readonly store: LeaseStore;
  /** The consumer and its source, as in its checkpoints. */
  readonly scope: string;
  readonly source: Pick<LogSource<unknown>, "name" | "partitions">;
  /** Names this worker in records and events: a host or pod name. Need not be unique: every `leases` adds what makes it so. */
  readonly worker: string;
  readonly clock: Clock;
  readonly report: ReportLeaseEvent;
}

/**
 * The engine's own assigner, over a lease store: every worker of a consumer runs one, there is no leader, and the store's compare-and-set decides. The
 * first lease of a new consumer comes without a wait; see docs/semantics.md for what is promised, plan.ts for what is decided.
 */
export function leaseAssigner(options: LeaseAssignerOptions): Assigner {
  const timing = leaseTiming(options);
  return {
    async *leases({ start, signal }) {
      if (signal.aborted) return;
      const session = leaseSession({ ...options, timing, start });
      signal.addEventListener("abort", session.stop);
      try {
        for (let lease = await session.next(); lease !== undefined; lease = await session.next()) yield lease;
      } finally {
        signal.removeEventListener("abort", session.stop);
        session.stop();
      }
    },
  };
}
