import type { LeaseStore, PartitionId } from "@spillway/spec";
import type { Suite } from "../kit/conformance-case.ts";
import type { Closable, Harness } from "../kit/harness.ts";

/** What a harness for lease stores may lack. */
export type LeaseStoreNeed =
  /** The store keeps leases of any scope; a provider's own table may know one consumer only. */
  | "scopes"
  /** `corrupt`. */
  | "corrupt"
  /** `reopen`. */
  | "reopen";

/** One place for lease records, empty when opened. */
export interface LeaseStoreSubject extends Closable {
  /** A store over the place; each call gives one that shares nothing but the place with the others, as another process would. */
  store(): LeaseStore;
  /** Damages the record, as a disk or a foreign writer would: it is there and cannot be understood. */
  corrupt(scope: string, partition: PartitionId): Promise<void>;
  /** The process dies without closing anything; what `store` gives from now on stands on what was durable. */
  reopen(): Promise<void>;
}

/** A harness for lease stores. */
export type LeaseStoreHarness = Harness<LeaseStoreSubject, LeaseStoreNeed>;

/** A suite for lease stores. */
export type LeaseStoreSuite = Suite<LeaseStoreSubject, LeaseStoreNeed>;
