import type { Clock, LeaseRecord, PartitionId, StartPosition } from "@spillway/spec";
import type { Discoverer } from "./discoverer.ts";
import { firstSeenRecord, kept, splitRecords } from "./first-seen.ts";
import type { HeldLease } from "./held-lease.ts";
import { inParallel, writesAtOnce } from "./in-parallel.ts";
import type { ReportLeaseEvent } from "./lease-event.ts";
import { hurryMs, leastPauseMs, type LeaseTiming } from "./lease-timing.ts";
import type { NamedChildren } from "./named-children.ts";
import { observe, type Observations } from "./observations.ts";
import { observedTime } from "./observed-time.ts";
import { plan, type Plan } from "./plan.ts";
import type { Discovery } from "./lineage.ts";
import type { ScopedStore } from "./scoped-store.ts";
import { watchInMs } from "./watch-in.ts";

/** Looks at all leases of the scope, decides, and does what was decided. */
export interface Looker {
  /** Resolves to when the next look is due, in milliseconds. Rejects when a call failed; the look is then to be repeated. */
  look(waitedMs: number, signal: AbortSignal): Promise<number>;
}

/** What a looker needs. */
export interface LookerOptions {
  readonly me: string;
  readonly start: StartPosition;
  readonly store: ScopedStore;
  readonly discoverer: Discoverer;
  readonly clock: Clock;
  readonly timing: LeaseTiming;
  readonly report: ReportLeaseEvent;
  /** The leases held at this moment. */
  readonly held: ReadonlyMap<PartitionId, HeldLease>;
  /** The children that ended partitions have named. */
  readonly named: NamedChildren;
  /** Takes a lease; resolves to whether it is ours now. */
  readonly claim: (stored: LeaseRecord) => Promise<boolean>;
  /** Called with every list of records. */
  readonly onListed: (records: readonly LeaseRecord[]) => void;
}

/** A looker that has not seen anything yet. */
export function looker(options: LookerOptions): Looker {
  const { me, store, clock, timing, held } = options;
  const time = observedTime(clock, timing.leaseDurationMs / 20);
  let observations: Observations = new Map();
  let hurryUntilMs = 0;
  let lastDiscovered: Discovery | undefined;
  let everRecorded = new Set<PartitionId>();

  /** The record that says what existed at first, written by whichever worker is the first; undefined when another was faster. */
  async function firstSeen(
    found: LeaseRecord | undefined,
    leases: readonly LeaseRecord[],
    discovered: Discovery | undefined,
    signal: AbortSignal,
  ): Promise<LeaseRecord | undefined> {
    if (found !== undefined) return found;
    // Leases without that record were written by something else: what existed at first is unknown, so nothing may be skipped.
    const existing = leases.length > 0 ? [] : discovered?.partitions;
    if (existing === undefined) return undefined;
    const first = firstSeenRecord(existing, options.start);
    return (await store.write(first, signal)) ? first : undefined;
  }

  async function carryOut(todo: Plan, signal: AbortSignal): Promise<{ readonly contested: boolean }> {
    let contested = false;
    const claims = shuffled(todo.claim, clock).map((record) => async (): Promise<void> => {
      if (!signal.aborted && !(await options.claim(record))) contested = true;
    });
    const others = [
      ...todo.record.map((record) => () => store.write({ ...record, version: 1 }, signal)),
      ...todo.want.map((record) => () => store.write({ ...record, version: record.version + 1, wantedBy: me }, signal)),
    ];
    const errors = await inParallel([...claims, ...others], writesAtOnce, async (write) => void (await write()));
    if (errors.length > 0) throw errors[0];
    return { contested };
  }

  async function retire(
    records: readonly LeaseRecord[],
    first: LeaseRecord,
    leases: readonly LeaseRecord[],
    signal: AbortSignal,
  ): Promise<void> {
    const next = kept(first, leases, records);
    if (next !== first && !(await store.write(next, signal))) return;
    const errors = await inParallel(records, writesAtOnce, async (record) => {
      if (await store.remove(record, signal)) options.report({ type: "partition-retired", partition: record.partition });
    });
    if (errors.length > 0) throw errors[0];
  }

  return {
    async look(waitedMs, signal) {
      const listed = await store.list(signal);
      time.count(waitedMs);
      const { firstSeen: found, leases } = splitRecords(listed);
      options.onListed(leases);
      observations = observe(observations, leases, time.nowMs());
      const discovered = await options.discoverer.discover(leases, time.nowMs(), signal);
      if (discovered !== lastDiscovered) everRecorded = new Set();
      lastDiscovered = discovered;
      for (const record of leases) everRecorded.add(record.partition);
      const first = await firstSeen(found, leases, discovered, signal);
      if (first === undefined) return hurryMs(timing);

      const todo = plan({
        me,
        records: leases,
        observations,
        nowMs: time.nowMs(),
        discovered,
        everRecorded,
        named: options.named.without(leases),
        firstSeen: first,
        held: new Set(held.keys()),
        leaseDurationMs: timing.leaseDurationMs,
      });
      const { contested } = await carryOut(todo, signal);
      await retire(todo.retire, first, leases, signal);
      if (todo.discover) options.discoverer.soon();
      // Between two hand-overs of one rebalance there are moments without any: the hurry outlasts them.
      if (todo.hurry) hurryUntilMs = time.nowMs() + timing.leaseDurationMs / 5;
      if (time.nowMs() < hurryUntilMs || contested) return hurryMs(timing);
      const idleMs = timing.renewEveryMs * (0.8 + 0.2 * clock.random());
      const othersLeases = leases.filter(({ partition }) => !held.has(partition));
      const ownMs = Math.max(hurryMs(timing), Math.min(idleMs, options.discoverer.dueInMs(time.nowMs())));
      return Math.min(ownMs, Math.max(leastPauseMs(timing), watchInMs(othersLeases, observations, time.nowMs())));
    },
  };
}

/** In any order, so that workers that begin at the same time do not race for the same lease again and again. */
function shuffled<T>(items: readonly T[], clock: Clock): readonly T[] {
  const keyed = items.map((item) => ({ item, key: clock.random() }));
  return keyed.sort((first, second) => first.key - second.key).map(({ item }) => item);
}
