import type { LeaseRecord, Partition, PartitionId } from "@spillway/spec";
import { moves, shareOut, type Loads } from "./balance.ts";
import { reservedForMs, takeAfterMs } from "./lease-timing.ts";
import { newcomers, retirable, waits, type Discovery } from "./lineage.ts";
import type { Observations } from "./observations.ts";
import { unrecorded } from "./unrecorded.ts";

/** What one worker knows when it decides. */
export interface View {
  /** This worker, by a name that no other process has or had. */
  readonly me: string;
  /** All lease records of the scope. */
  readonly records: readonly LeaseRecord[];
  /** What was seen of them, this look included. */
  readonly observations: Observations;
  /** Observed time. */
  readonly nowMs: number;
  /** What the source last listed; undefined before the first time. */
  readonly discovered: Discovery | undefined;
  /** The partitions that had a record at any look since the source was last asked, this look included. */
  readonly everRecorded: ReadonlySet<PartitionId>;
  /** The children that ended partitions have named and that have no record yet. */
  readonly named: readonly Partition[];
  readonly firstSeen: LeaseRecord;
  /** The partitions whose lease this worker holds at this moment. */
  readonly held: ReadonlySet<PartitionId>;
  readonly leaseDurationMs: number;
}

/** What one worker should do; each entry is one compare-and-set or removal, and none depends on another. */
export interface Plan {
  /** Leases to take. The record is as it is stored; version 0 means that there is none yet. */
  readonly claim: readonly LeaseRecord[];
  /** Records to write for partitions that have none and that this worker does not take; version 0. */
  readonly record: readonly LeaseRecord[];
  /** Leases to ask their owners for, as they are stored. */
  readonly want: readonly LeaseRecord[];
  readonly retire: readonly LeaseRecord[];
  /** A partition appeared whose parents nobody knows: ask the source before it is read. */
  readonly discover: boolean;
  /** A hand-over that concerns this worker is under way: look again soon. */
  readonly hurry: boolean;
}

/** Of a large imbalance this share is asked for at a time; of a small one, one lease. */
const askedShare = 1 / 8;

/** Decides what to do. A pure function: no time, no store, and the same view gives the same plan. */
export function plan(view: View): Plan {
  const { discovered, firstSeen, leaseDurationMs } = view;
  const context = { listed: discovered?.partitions ?? [], firstSeen, durationMs: leaseDurationMs };
  const records = [...view.records, ...unrecorded(newcomers(discovered, view.everRecorded, view.named), context)];
  const byPartition = new Map(records.map((record) => [record.partition, record]));
  const open = records.filter((record) => record.state === "open").sort(byName);
  const taken = open.filter((record) => !isAvailable(record, view));
  const untaken = open.filter((record) => isAvailable(record, view));
  const waiting = new Map(untaken.map((record) => [record, waits(record, byPartition, view.discovered)]));
  const available = untaken.filter((record) => waiting.get(record) === "no");

  const present = loads(taken, available, view);
  const { claim, loads: after } = claims(available, present, view);
  const asked = taken.filter((record) => record.wantedBy === view.me && record.owner !== view.me);
  const claimed = new Set(claim);
  const want = wants(taken, after, asked.length, view);
  const asks = taken.some((record) => record.owner === view.me && record.wantedBy !== undefined);
  return {
    claim,
    record: records.filter((record) => record.version === 0 && !claimed.has(record)),
    want,
    retire: retirable(view.records, view.discovered),
    discover: [...waiting.values()].includes("unsure"),
    hurry: asks || asked.length > 0 || want.length > 0,
  };
}

/**
 * Whether nobody that lives holds the lease. One in our name that we do not hold is a write of ours whose answer was lost; one that is not in our name
 * any more is still ours until its release has been answered.
 */
function isAvailable(record: LeaseRecord, view: View): boolean {
  if (view.held.has(record.partition)) return false;
  return record.owner === undefined || record.owner === view.me || isExpired(record, view);
}

function isExpired(record: LeaseRecord, view: View): boolean {
  return unchangedMs(record, view) >= takeAfterMs(record.durationMs);
}

function unchangedMs(record: LeaseRecord, view: View): number {
  const observation = view.observations.get(record.partition);
  return observation?.version === record.version ? view.nowMs - observation.sinceMs : 0;
}

/**
 * The leases of each worker that seems to stay. One that lost a lease by silence is taken for dead before its other leases run out, and one that gave
 * a lease back to nobody in particular is taken to leave: what is free goes to the others. A lease that is asked for counts for the asker.
 */
function loads(taken: readonly LeaseRecord[], available: readonly LeaseRecord[], view: View): Loads {
  const going = new Set<string>();
  for (const record of available) {
    const released = record.owner === undefined && record.wantedBy === undefined;
    const former = released ? view.observations.get(record.partition)?.lastOwner : record.owner;
    if (former !== undefined && former !== view.me) going.add(former);
  }
  const present = new Map<string, number>([[view.me, 0]]);
  const count = (worker: string, leases: number): void => {
    if (!going.has(worker)) present.set(worker, (present.get(worker) ?? 0) + leases);
  };
  for (const record of taken) {
    if (record.owner !== undefined) count(record.owner, 0);
    count(record.wantedBy ?? record.owner ?? view.me, 1);
  }
  for (const record of available) if (record.wantedBy !== undefined) count(record.wantedBy, 0);
  return present;
}

/** Which available leases are ours to take: those left over by ourselves, those handed to us, our share of the rest, and what others leave lying. */
function claims(available: readonly LeaseRecord[], present: Loads, view: View): { claim: readonly LeaseRecord[]; loads: Loads } {
  const reserved = new Map<LeaseRecord, string>();
  const rest: LeaseRecord[] = [];
  const after = new Map(present);
  for (const record of available) {
    const taker = record.owner === view.me ? view.me : record.wantedBy;
    const load = taker === undefined ? undefined : after.get(taker);
    if (taker === undefined || load === undefined) rest.push(record);
    else {
      reserved.set(record, taker);
      after.set(taker, load + 1);
    }
  }
  const shared = shareOut(rest.length, after);
  rest.forEach((record, index) => reserved.set(record, shared.takers[index] ?? view.me));
  return {
    claim: available.filter((record) => reserved.get(record) === view.me || isLeftLying(record, view)),
    loads: shared.loads,
  };
}

/** Whether a lease could have been taken for so long that the worker whose turn it is must be gone, or never knew. */
function isLeftLying(record: LeaseRecord, view: View): boolean {
  if (record.version === 0) return false;
  const freeSinceMs = record.owner === undefined ? 0 : takeAfterMs(record.durationMs);
  return unchangedMs(record, view) >= freeSinceMs + reservedForMs(view.leaseDurationMs);
}

/** The leases to ask for now, of those that balance would bring to us. */
function wants(taken: readonly LeaseRecord[], after: Loads, asked: number, view: View): readonly LeaseRecord[] {
  const toMe = moves(after);
  const missing = toMe.filter((move) => move.to === view.me).length;
  const atOnce = Math.max(1, Math.floor((missing + asked) * askedShare)) - asked;
  const wanted: LeaseRecord[] = [];
  const nth = new Map<string, number>();
  for (const move of toMe) {
    const skipped = nth.get(move.from) ?? 0;
    nth.set(move.from, skipped + 1);
    if (move.to !== view.me || wanted.length >= atOnce) continue;
    const record = taken.filter((one) => one.owner === move.from && one.wantedBy === undefined)[skipped];
    // A lease that is about to run out is not asked for: the asking would look like a sign of life.
    if (record !== undefined && unchangedMs(record, view) < record.durationMs * 0.7) wanted.push(record);
  }
  return wanted;
}

function byName(first: LeaseRecord, second: LeaseRecord): number {
  return first.partition < second.partition ? -1 : 1;
}
