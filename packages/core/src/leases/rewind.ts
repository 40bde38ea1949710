import {
  SpillwayError,
  systemClock,
  type CallOptions,
  type Checkpoint,
  type Clock,
  type LeaseRecord,
  type LogSource,
  type MessageCount,
  type PartitionId,
  type StartPosition,
} from "@spillway/spec";
import { sayError } from "../engine/say-error.ts";
import { scopeOf } from "../engine/scope-of.ts";
import { awaitSilence } from "./await-silence.ts";
import { claimAll } from "./claim-all.ts";
import { splitRecords } from "./first-seen.ts";
import { giveBack } from "./give-back.ts";
import type { HeldLease } from "./held-lease.ts";
import { callTimeoutMs, leaseTiming } from "./lease-timing.ts";
import { reached, sumOf, withDone } from "./redelivered.ts";
import { repeatCall } from "./repeat-call.ts";
import { partitionTargets, type RewindTarget } from "./rewind-target.ts";
import { scopedStore } from "./scoped-store.ts";
import { unrecorded } from "./unrecorded.ts";

/** What a rewind did. */
export interface Rewound {
  /** In the order of their names. */
  readonly partitions: readonly RewoundPartition[];
  /** How many messages all of them will deliver again; unknown where one does not know. */
  readonly redelivered: MessageCount;
}

/** What became of one partition. */
export interface RewoundPartition {
  readonly partition: PartitionId;
  readonly from: StartPosition;
  /** What it replaces; undefined when there was no checkpoint. */
  readonly before: Checkpoint | undefined;
  /** Whether it was finished and is read again. */
  readonly reopened: boolean;
  /** How many messages its consumer had come past and will be given again, by what the log held at the time. */
  readonly redelivered: MessageCount;
}

/** How a consumer is rewound. */
export interface RewindOptions extends CallOptions {
  /** Left out: the machine's own. */
  readonly clock?: Clock;
  /** How long the leases live that keep workers out meanwhile, in milliseconds; left out: 10 s. */
  readonly leaseDurationMs?: number;
}

/**
 * Makes a named consumer go on from somewhere else: every partition from `to`, or those that a Map names, each from its own start. Messages after it
 * are delivered again, also those that were dead-lettered. Resolves to what was done.
 *
 * Rejects with SPILLWAY_CONFLICT, having changed nothing, while a worker of the consumer runs; telling a dead one from a live one takes as long as
 * its leases. After any other rejection some partitions may be rewound and others not: rewind again.
 */
export async function rewind(source: LogSource<unknown>, to: RewindTarget, options: RewindOptions): Promise<Rewound> {
  const { coordination } = source;
  if (coordination.by === "provider") throw notOurs(coordination.consumer);
  const { signal } = options;
  const clock = options.clock ?? systemClock;
  const timing = leaseTiming(options.leaseDurationMs === undefined ? {} : { leaseDurationMs: options.leaseDurationMs });
  const timeoutMs = callTimeoutMs(timing);
  const scope = scopeOf(source);
  const store = scopedStore(coordination.leases, scope, clock, timeoutMs);
  const list = (): Promise<readonly LeaseRecord[]> => repeatCall(clock, timeoutMs, [signal], () => store.list(signal));
  const leases = async (): Promise<readonly LeaseRecord[]> => splitRecords(await list()).leases;

  await awaitSilence(clock, leases, signal);
  const listed = await repeatCall(clock, timeoutMs, [signal], (call) => source.partitions(call));
  const { firstSeen, leases: recorded } = splitRecords(await list());
  if (firstSeen === undefined && recorded.length === 0) throw neverSeen(scope);
  const ids = new Set(recorded.map((record) => record.partition));
  const fresh = listed.filter((partition) => !ids.has(partition.id));
  const records = [...recorded, ...unrecorded(fresh, { listed, firstSeen, durationMs: timing.leaseDurationMs })];
  const targets = partitionTargets(records, new Set(listed.map((partition) => partition.id)), to);

  const claimed = await claimAll(targets, { store, clock, timing, list: leases, signal });
  const reset = new Set<HeldLease>();
  try {
    const rewound: RewoundPartition[] = [];
    for (const { record, from, held } of claimed) {
      const before = await replaceCheckpoint(held, from);
      reset.add(held);
      const redelivered = await countAgain(held, from, before);
      rewound.push({ partition: record.partition, from, before, reopened: record.state === "finished", redelivered });
    }
    return { partitions: rewound, redelivered: sumOf(rewound.map(({ redelivered }) => redelivered)) };
  } finally {
    // One that goes on from elsewhere has nothing to do with what its last owner may have died of.
    await Promise.all(claimed.map(({ held }) => giveBack(held, reset.has(held) ? "clean" : held.lease.takeover)));
  }

  async function replaceCheckpoint({ lease }: HeldLease, from: StartPosition): Promise<Checkpoint | undefined> {
    const { checkpoints } = coordination;
    const key = { scope, partition: lease.partition };
    const signals = [signal, lease.lost];
    const before = await repeatCall(clock, timeoutMs, signals, (call) => checkpoints.load(key, lease.token, call));
    const next: Checkpoint = { state: "reading", from, done: [], attempting: undefined };
    await repeatCall(clock, timeoutMs, signals, (call) => checkpoints.save(key, next, lease.token, call));
    return before;
  }

  /** What cannot be counted is no reason to leave a consumer half rewound. */
  async function countAgain({ lease }: HeldLease, from: StartPosition, before: Checkpoint | undefined): Promise<MessageCount> {
    const until = reached(before);
    if (until === undefined) return { is: "exactly", messages: 0 };
    try {
      const between = await repeatCall(clock, timeoutMs, [signal, lease.lost], (call) =>
        source.count(lease.partition, { from, until, ...call }),
      );
      return withDone(between, before);
    } catch (error) {
      signal.throwIfAborted();
      return { is: "unknown", reason: `They could not be counted: ${sayError(error)}` };
    }
  }
}

function notOurs(consumer: string): SpillwayError {
  const message = `The provider keeps the checkpoints of ${consumer} itself: stop the consumer and reset it with the provider's own tools.`;
  return new SpillwayError(message, { code: "SPILLWAY_INVALID_OPTIONS", failureClass: "fatal" });
}

function neverSeen(scope: string): SpillwayError {
  const message = `No consumer has ever run as ${scope}: there is nothing to rewind. Check the consumer's and the source's name.`;
  return new SpillwayError(message, { code: "SPILLWAY_INVALID_OPTIONS", failureClass: "fatal" });
}
