import type { Brand } from "./brand.ts";
import type { CallOptions } from "./call-options.ts";
import type { Partition } from "./log-source.ts";
import type { PartitionId, StartPosition } from "./position.ts";

/** Grows with each change of a partition's owner; a write with a lower one than the store has seen is refused. */
export type FencingToken = Brand<number, "FencingToken">;

/** How a lease is given back. */
export interface ReleaseOptions extends CallOptions {
  /** The partitions that continue one that is finished, as its source named them; left out where it named none. */
  readonly children?: readonly Partition[];
}

/** The right to read one partition and to save its checkpoint, until `lost`. */
export interface Lease {
  readonly partition: PartitionId;
  readonly token: FencingToken;
  /** Where reading begins if there is no checkpoint: the pipeline's start, or earliest for a child that was born later. */
  readonly start: StartPosition;
  /** "unclean" when the last owner vanished without releasing: its process may have been killed by a message. */
  readonly takeover: "clean" | "unclean";
  /** Aborts when the partition must be given back: stop intake, finish what has started, save, then release. The reason says why. */
  readonly drain: AbortSignal;
  /** Aborts when it is too late: nothing may start or be saved any more. Always after or together with `drain`. */
  readonly lost: AbortSignal;
  /**
   * Gives the partition back: "drained" so that somebody else may go on from the checkpoint, "finished" when the partition ended and all of it
   * is settled, so that its children may start. Resolves when that is recorded. A rejection needs no answer: the lease then runs out by itself.
   */
  release(how: "drained" | "finished", options: ReleaseOptions): Promise<void>;
}

/** How an assigner is asked for partitions. */
export interface AssignerOptions extends CallOptions {
  /** Where a consumer without checkpoints begins in partitions that exist when it is first seen. */
  readonly start: StartPosition;
}

/** Decides which partitions this process reads, among all processes of the same consumer. */
export interface Assigner {
  /**
   * Yields a lease each time this process gains a partition, the same partition again only after its last lease was released or lost. The engine
   * asks for the next lease at once, whatever it does with the earlier ones. Aborting the signal ends the iteration and stops claiming, but
   * leases that are held are kept alive until they are released. Throws only when it cannot go on (fatal).
   */
  leases(options: AssignerOptions): AsyncIterable<Lease>;
}

/** One partition's entry in a lease store. */
export interface LeaseRecord {
  readonly partition: PartitionId;
  /** The partitions that must be finished before this one is read. */
  readonly parents: readonly PartitionId[];
  /** Grows by one with each write; others judge by its change whether the owner lives, never by a wall clock. */
  readonly version: number;
  /** Grows by one with each new owner. */
  readonly token: FencingToken;
  /** The worker that holds it; undefined when released. */
  readonly owner: string | undefined;
  /** How long the owner may go without a renewal, in milliseconds, before others may take it. */
  readonly durationMs: number;
  /** The worker that asked the owner to hand it over; undefined when nobody has. */
  readonly wantedBy: string | undefined;
  readonly state: "open" | "finished";
  /** Where to begin if there is no checkpoint. */
  readonly start: StartPosition;
}

/** Keeps lease records; every write is a compare-and-set. */
export interface LeaseStore {
  /** Resolves to all records of the scope, read strongly consistent, in any order. */
  list(scope: string, options: CallOptions): Promise<readonly LeaseRecord[]>;
  /**
   * Writes `next` if the stored record's version is `expectedVersion` (undefined: if there is none); `next.version` is one more (or 1). Resolves to
   * whether it was written. A rejection leaves that unknown: the caller lists again.
   */
  compareAndSet(scope: string, expectedVersion: number | undefined, next: LeaseRecord, options: CallOptions): Promise<boolean>;
  /** Removes a record if its version is still this one. Resolves to whether it is gone now; removing what is not there is true. */
  remove(scope: string, partition: PartitionId, expectedVersion: number, options: CallOptions): Promise<boolean>;
}
