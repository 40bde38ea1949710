import {
  failureClassOf,
  type Clock,
  type Lease,
  type LeaseRecord,
  type LeaseStore,
  type LogSource,
  type Partition,
  type PartitionId,
  type StartPosition,
} from "@spillway/spec";
import { alarm } from "./alarm.ts";
import { backoffMs } from "./backoff.ts";
import { claimer } from "./claimer.ts";
import { discoverer } from "./discoverer.ts";
import { giveBack } from "./give-back.ts";
import type { HeldLease, HowLeaseEnds } from "./held-lease.ts";
import type { ReportLeaseEvent } from "./lease-event.ts";
import { callTimeoutMs, type LeaseTiming } from "./lease-timing.ts";
import { looker } from "./looker.ts";
import { namedChildren } from "./named-children.ts";
import { offers } from "./offers.ts";
import { renewals } from "./renewals.ts";
import { scopedStore } from "./scoped-store.ts";
import { sharedController } from "../engine/shared-controller.ts";
import { uniqueWorker } from "./unique-worker.ts";

/** One iteration over leases. */
export interface LeaseSession {
  /** Resolves to the next lease gained, undefined after `stop`; rejects when the store or the source fails for good. */
  next(): Promise<Lease | undefined>;
  /** Ends claiming. Leases that were given out are kept alive until they are released or lost; the others are given back. */
  readonly stop: () => void;
}

/** What a session needs. */
export interface LeaseSessionOptions {
  readonly store: LeaseStore;
  readonly scope: string;
  readonly source: Pick<LogSource<unknown>, "name" | "partitions">;
  readonly worker: string;
  readonly clock: Clock;
  readonly report: ReportLeaseEvent;
  readonly timing: LeaseTiming;
  readonly start: StartPosition;
}

/** Begins to look for leases at once, and goes on by itself until it is stopped. */
export function leaseSession(options: LeaseSessionOptions): LeaseSession {
  const { clock, timing, report } = options;
  const me = uniqueWorker(options.worker, clock);
  const store = scopedStore(options.store, options.scope, clock, callTimeoutMs(timing));
  const stopped = sharedController();
  const bell = alarm(clock);
  const gained = offers<HeldLease>();
  const held = new Map<PartitionId, HeldLease>();
  const kept = renewals({ store, clock, timing, report, onFatal: stop });
  const sourceWatch = discoverer({ source: options.source, clock, timing, report });
  const claims = claimer({ me, leaseDurationMs: timing.leaseDurationMs, store, clock, report, onEnd });
  const named = namedChildren();
  const leases = looker({ me, start: options.start, store, discoverer: sourceWatch, clock, timing, report, held, named, claim, onListed });

  async function claim(stored: LeaseRecord): Promise<boolean> {
    const lease = await claims.claim(stored);
    if (lease === undefined) return false;
    held.set(stored.partition, lease);
    kept.add(lease);
    if (stopped.signal.aborted) await giveBack(lease);
    else gained.offer(lease);
    return true;
  }

  function onListed(records: readonly LeaseRecord[]): void {
    claims.forget(records);
    for (const record of records) held.get(record.partition)?.notice(record);
  }

  function onEnd(ended: HeldLease, how: HowLeaseEnds, children: readonly Partition[]): void {
    kept.remove(ended);
    if (held.get(ended.lease.partition) === ended) held.delete(ended.lease.partition);
    if (how !== "finished") return;
    // Its children may be read now, and may be new: those that it named itself need no listing.
    named.add(children);
    if (children.length === 0) sourceWatch.soon();
    bell.wake();
  }

  async function watch(): Promise<void> {
    let failures = 0;
    let waitedMs = 0;
    while (!stopped.signal.aborted) {
      let delayMs: number;
      try {
        delayMs = await leases.look(waitedMs, stopped.signal);
        failures = 0;
      } catch (error) {
        if (stopped.signal.aborted) return;
        if (failureClassOf(error) === "fatal") return stop(error);
        delayMs = backoffMs(++failures, { firstMs: timing.renewEveryMs / 32, maxMs: timing.renewEveryMs }, clock);
        report({ type: "lease-call-failed", call: "look", error, retryInMs: delayMs });
      }
      if (!stopped.signal.aborted) waitedMs = await bell.sleep(delayMs);
    }
  }

  function stop(error?: unknown): void {
    if (stopped.signal.aborted) return;
    stopped.abort();
    bell.wake();
    for (const lease of gained.end(error)) void giveBack(lease);
  }

  void watch();
  return {
    async next() {
      let lease = await gained.next();
      while (lease?.lease.lost.aborted) lease = await gained.next();
      return lease?.lease;
    },
    stop: () => stop(),
  };
}
