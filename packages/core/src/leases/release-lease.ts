import { SpillwayError, type Clock, type LeaseRecord } from "@spillway/spec";
import { alarm } from "./alarm.ts";
import { backoffMs } from "./backoff.ts";
import type { ReportLeaseEvent } from "./lease-event.ts";
import { recordOf, type ScopedStore } from "./scoped-store.ts";

/** What a release needs. */
export interface ReleaseOptions {
  readonly how: "drained" | "finished";
  readonly store: ScopedStore;
  readonly clock: Clock;
  readonly report: ReportLeaseEvent;
  readonly signal: AbortSignal;
  readonly lost: AbortSignal;
  /** The record as last known. */
  readonly current: () => LeaseRecord;
  /** Takes note of a newer one. */
  readonly notice: (listed: LeaseRecord) => void;
}

const retryLimits = { firstMs: 50, maxMs: 2_000 };

/**
 * Writes that nobody owns the lease any more, again and again until that is certain, the lease is lost or the signal aborts. A write that was refused
 * may be our own whose answer was lost on the way, and a write that failed may have been done: the list tells.
 */
export async function releaseLease(options: ReleaseOptions): Promise<void> {
  const { how, store, clock, signal, lost } = options;
  const pause = alarm(clock);
  signal.addEventListener("abort", pause.wake);
  lost.addEventListener("abort", pause.wake);
  try {
    for (let tries = 1; ; tries++) {
      signal.throwIfAborted();
      lost.throwIfAborted();
      const retryInMs = backoffMs(tries, retryLimits, clock);
      let listed: LeaseRecord | undefined;
      try {
        if (await store.write(released(options.current(), how), signal, lost)) return;
        listed = recordOf(await store.list(signal, lost), options.current().partition);
      } catch (error) {
        signal.throwIfAborted();
        lost.throwIfAborted();
        options.report({ type: "lease-call-failed", call: "release", error, retryInMs });
        await pause.sleep(retryInMs);
        continue;
      }
      if (isReleased(listed, options.current(), how)) return;
      if (listed !== undefined) options.notice(listed);
      // Refused once, the version was old; refused again and again, the store must not be pressed.
      if (tries > 1) await pause.sleep(retryInMs);
    }
  } finally {
    signal.removeEventListener("abort", pause.wake);
    lost.removeEventListener("abort", pause.wake);
  }
}

/** The record without an owner. Who asked for it stays in it: the lease is kept for that worker for a while. */
function released(record: LeaseRecord, how: "drained" | "finished"): LeaseRecord {
  const version = record.version + 1;
  return how === "finished"
    ? { ...record, version, owner: undefined, wantedBy: undefined, state: "finished" }
    : { ...record, version, owner: undefined };
}

/**
 * Whether the store shows that the lease was released, by a write of ours whose answer was lost: nobody could have taken it while it was not, because
 * `lost` would have come first. Throws when somebody did.
 */
function isReleased(listed: LeaseRecord | undefined, ours: LeaseRecord, how: "drained" | "finished"): boolean {
  if (listed?.token === ours.token && listed.owner === ours.owner) return false;
  if (how === "drained" ? listed !== undefined : listed === undefined || listed.state === "finished") return true;
  throw new SpillwayError(`The lease of ${ours.partition} was taken away before it was released.`, { code: "SPILLWAY_LEASE_LOST" });
}
