import type { CheckpointKey, CheckpointStore, FencingToken, Position } from "@spillway/spec";
import type { Suite } from "../kit/conformance-case.ts";
import type { Closable, Harness } from "../kit/harness.ts";

/** What a harness for checkpoint stores may lack. */
export type CheckpointStoreNeed =
  /** The store keeps checkpoints of any scope, for any partition name; a provider's own store may know one consumer only. */
  | "scopes"
  /** The store refuses stale tokens. */
  | "fencing"
  /** Positions done beyond the watermark are kept: maxDone is above 2. */
  | "done"
  /** `from` may be a start position other than "after". */
  | "starts"
  /** `attempting` is kept. */
  | "attempting"
  /** "finished" is kept: partitions of this provider can end. */
  | "finished"
  /** `corrupt`. */
  | "corrupt"
  /** `reopen`. */
  | "reopen";

/** One place for checkpoints, empty when opened. */
export interface CheckpointStoreSubject extends Closable {
  /** A store over the place; each call gives one that shares nothing but the place with the others. */
  store(): CheckpointStore;
  /** The n-th checkpoint key, from 0, all of one scope; different numbers name different partitions. */
  key(n: number): CheckpointKey;
  /** The n-th position of a partition, from 0; a log has them in this order. */
  position(n: number): Position;
  /** The token of a new owner of all partitions: higher than every earlier one. */
  takeOver(): Promise<FencingToken>;
  /** Damages what is stored for the key, as a disk or a foreign writer would: it is there and cannot be understood. */
  corrupt(key: CheckpointKey): Promise<void>;
  /** The process dies without closing anything; what `store` gives from now on stands on what was durable. */
  reopen(): Promise<void>;
}

/** A harness for checkpoint stores. */
export type CheckpointStoreHarness = Harness<CheckpointStoreSubject, CheckpointStoreNeed>;

/** A suite for checkpoint stores. */
export type CheckpointStoreSuite = Suite<CheckpointStoreSubject, CheckpointStoreNeed>;
