import { failureClassOf, type Clock } from "@spillway/spec";
import { backoffMs } from "./backoff.ts";
import { timedOut } from "./bounded-call.ts";
import type { HeldLease } from "./held-lease.ts";
import { inParallel, writesAtOnce } from "./in-parallel.ts";
import type { ReportLeaseEvent } from "./lease-event.ts";
import { callTimeoutMs, type LeaseTiming } from "./lease-timing.ts";
import { sharedController } from "../engine/shared-controller.ts";
import { recordOf, type ScopedStore } from "./scoped-store.ts";

/** Keeps leases alive, on a timer of its own that runs exactly as long as there are some. */
export interface Renewals {
  add(held: HeldLease): void;
  remove(held: HeldLease): void;
}

/** What renewals need. */
export interface RenewalOptions {
  readonly store: ScopedStore;
  readonly clock: Clock;
  readonly timing: LeaseTiming;
  readonly report: ReportLeaseEvent;
  /** Called when the store fails in a way that will not pass. */
  readonly onFatal: (error: unknown) => void;
}

/** Renews every lease that was added: one batch of writes a period, with one more look and write for those that were refused or not answered. */
export function renewals(options: RenewalOptions): Renewals {
  const { store, clock, timing, report } = options;
  const kept = new Set<HeldLease>();
  let cancelTimer: (() => void) | undefined;
  let isRunning = false;
  let failures = 0;

  function plan(delayMs: number): void {
    if (kept.size > 0 && !isRunning && cancelTimer === undefined) cancelTimer = clock.schedule(delayMs, () => void renewAll());
  }

  async function renewAll(): Promise<void> {
    cancelTimer = undefined;
    isRunning = true;
    const beganAtMs = clock.nowMs();
    const { isComplete, errors } = await renewDue(beganAtMs);
    isRunning = false;
    if (isComplete) {
      failures = 0;
      return plan(Math.max(0, timing.renewEveryMs - Math.max(0, clock.nowMs() - beganAtMs)));
    }
    const retryInMs = backoffMs(++failures, { firstMs: timing.renewEveryMs / 16, maxMs: timing.renewEveryMs / 4 }, clock);
    const fatal = errors.find((error) => failureClassOf(error) === "fatal");
    if (fatal !== undefined) options.onFatal(fatal);
    else if (errors.length > 0) report({ type: "lease-call-failed", call: "renew", error: errors[0], retryInMs });
    plan(retryInMs);
  }

  /** Tries each twice, with a look in between for those that did not succeed. */
  async function renewDue(nowMs: number): Promise<{ readonly isComplete: boolean; readonly errors: readonly unknown[] }> {
    // A lease written less than half a period ago waits for the next batch: claims and retries do not add to the writes of steady state.
    const due = [...kept].filter((held) => held.isHeld && Math.abs(nowMs - held.writtenAtMs) >= timing.renewEveryMs / 2);
    const first = await batch(due);
    if (first.unsettled.length === 0) return { isComplete: true, errors: [] };
    try {
      const listed = await store.list();
      for (const held of first.unsettled) {
        const record = recordOf(listed, held.lease.partition);
        if (record !== undefined) held.notice(record);
      }
    } catch (error) {
      return { isComplete: false, errors: [...first.errors, error] };
    }
    const second = await batch(first.unsettled.filter((held) => held.isHeld));
    return { isComplete: second.unsettled.length === 0, errors: [...second.errors, ...first.errors] };
  }

  /** One write for each, the whole of it bounded like one call, so that a store that hangs leaves time for another try. */
  async function batch(
    due: readonly HeldLease[],
  ): Promise<{ readonly unsettled: readonly HeldLease[]; readonly errors: readonly unknown[] }> {
    const renewed = new Set<HeldLease>();
    const hung = sharedController();
    const cancel = clock.schedule(callTimeoutMs(timing), () => hung.abort(timedOut(callTimeoutMs(timing))));
    const errors = await inParallel(due, writesAtOnce, async (held) => {
      if (await held.renew(hung.signal)) renewed.add(held);
    });
    cancel();
    return { unsettled: due.filter((held) => !renewed.has(held) && held.isHeld), errors };
  }

  return {
    add(held) {
      kept.add(held);
      plan(timing.renewEveryMs);
    },
    remove(held) {
      kept.delete(held);
      if (kept.size > 0) return;
      cancelTimer?.();
      cancelTimer = undefined;
    },
  };
}
