import { SpillwayError, type Clock, type Lease, type LeaseRecord, type Partition } from "@spillway/spec";
import { orAborted } from "../engine/or-aborted.ts";
import { deadline } from "./deadline.ts";
import type { ReportLeaseEvent } from "./lease-event.ts";
import { giveUpAfterMs } from "./lease-timing.ts";
import { releaseLease } from "./release-lease.ts";
import type { ScopedStore } from "./scoped-store.ts";

/** A lease that this process holds or is about to, with what keeps it. */
export interface HeldLease {
  readonly lease: Lease;
  /** When the last successful write was sent, by the wall clock: for spacing renewals, not for judging expiry. */
  readonly writtenAtMs: number;
  /** Whether it is ours to renew: claimed, not lost, not being released. Asking notices a deadline that has passed. */
  readonly isHeld: boolean;
  /** Writes the claim that it was made for. Resolves to whether it is ours now; a rejection leaves that unknown. */
  claim(): Promise<boolean>;
  /** Writes that its owner lives. Resolves to false when it is not held any more, or when the store holds another version: list, `notice`, and renew again if it is still held. */
  renew(signal: AbortSignal): Promise<boolean>;
  /** Takes note of what the store held when it was listed: who wants it, who took it. An old list does no harm. */
  readonly notice: (record: LeaseRecord) => void;
  /** Forgets it without a word to the store: it runs out, and whoever takes it then knows that it was not released. */
  abandon(): void;
}

/** How a lease ends; one that was abandoned was never ours for certain, or runs out in silence. */
export type HowLeaseEnds = "drained" | "finished" | "lost" | "abandoned";

/** What a held lease needs. */
export interface HeldLeaseOptions {
  /** The record that the claim writes; its owner is this worker. */
  readonly next: LeaseRecord;
  readonly takeover: Lease["takeover"];
  readonly store: ScopedStore;
  readonly clock: Clock;
  readonly report: ReportLeaseEvent;
  /** Called once when it is over; with the children that a finished partition named. */
  readonly onEnd: (held: HeldLease, how: HowLeaseEnds, children: readonly Partition[]) => void;
}

/** A lease that is not claimed yet. Its writes never overlap: each writes the version after the last one that is known. */
export function heldLease(options: HeldLeaseOptions): HeldLease {
  const { store, clock, report } = options;
  const { partition, token, owner, start } = options.next;
  const drain = new AbortController();
  const lost = new AbortController();
  const expiry = deadline(clock, giveUpAfterMs(options.next.durationMs), () => lose("silence"));
  let record = options.next;
  let state: "claiming" | "held" | "releasing" | "over" = "claiming";
  let writtenAtMs = clock.nowMs();
  let writing: Promise<boolean> | undefined;

  async function write(next: LeaseRecord, ...signals: readonly AbortSignal[]): Promise<boolean> {
    const sentAtMs = clock.nowMs();
    const extension = expiry.begin();
    let written = false;
    try {
      writing = store.write(next, ...signals);
      written = await writing;
    } finally {
      writing = undefined;
      if (!written) extension.drop();
    }
    if (!written) return false;
    record = next;
    writtenAtMs = sentAtMs;
    extension.confirm();
    return true;
  }

  function lose(why: "taken" | "silence"): void {
    if (state === "over") return;
    const wasGiven = state !== "claiming";
    end("lost");
    if (!wasGiven) return;
    report({ type: "lease-lost", partition, token, why });
    const reason = leaseLost(partition, why);
    drain.abort(reason);
    lost.abort(reason);
  }

  function end(how: HowLeaseEnds, children: readonly Partition[] = []): void {
    if (state === "over") return;
    state = "over";
    expiry.stop();
    options.onEnd(held, how, children);
  }

  const lease: Lease = {
    partition,
    token,
    start,
    takeover: options.takeover,
    drain: drain.signal,
    lost: lost.signal,
    async release(how, { signal, children }) {
      if (state !== "held" || expiry.isPassed()) throw notHeld(partition);
      state = "releasing";
      try {
        // A renewal under way ends by itself, within the timeout of a call; whatever comes of it, the release looks again if it is refused.
        const renewal = writing?.catch(() => false);
        if (renewal !== undefined) await orAborted(orAborted(renewal, lost.signal), signal);
        await releaseLease({ how, store, clock, report, signal, lost: lost.signal, current: () => record, notice: held.notice });
        end(how, children);
        report({ type: "lease-released", partition, token, how });
      } finally {
        end("abandoned");
      }
    },
  };

  const held: HeldLease = {
    lease,
    get writtenAtMs() {
      return writtenAtMs;
    },
    get isHeld() {
      return state === "held" && !expiry.isPassed();
    },
    async claim() {
      if (!(await write(record)) || expiry.isPassed()) return false;
      state = "held";
      report({ type: "lease-gained", partition, token, takeover: lease.takeover });
      return true;
    },
    async renew(signal) {
      // Its turn in a batch may come after it was released, or after its owner must believe it lost.
      return held.isHeld && (await write({ ...record, version: record.version + 1 }, signal));
    },
    notice(listed) {
      if (state === "over" || state === "claiming" || listed.version <= record.version) return;
      if (listed.owner !== owner || listed.token !== token) {
        if (state === "held") lose("taken");
        return;
      }
      // While a write is under way its answer decides what the record is; if it was refused, the next list brings this again.
      if (writing === undefined) record = listed;
      if (listed.wantedBy !== undefined && !drain.signal.aborted) {
        report({ type: "lease-wanted", partition, token, wantedBy: listed.wantedBy });
        drain.abort(handOver(partition, listed.wantedBy));
      }
    },
    abandon: () => end("abandoned"),
  };
  return held;
}

function leaseLost(partition: string, why: "taken" | "silence"): SpillwayError {
  const cause = why === "taken" ? "another worker holds it now" : "no renewal succeeded in time, so another worker may take it";
  return new SpillwayError(`The lease of ${partition} is lost: ${cause}. Its messages are delivered again to its next owner.`, {
    code: "SPILLWAY_LEASE_LOST",
  });
}

function notHeld(partition: string): SpillwayError {
  return new SpillwayError(`The lease of ${partition} cannot be released: it was released or lost before.`, {
    code: "SPILLWAY_LEASE_LOST",
  });
}

function handOver(partition: string, wantedBy: string): SpillwayError {
  return new SpillwayError(`${partition} is asked for by ${wantedBy}, which has fewer: finish what has started, save, then release it.`, {
    code: "SPILLWAY_HAND_OVER",
  });
}
