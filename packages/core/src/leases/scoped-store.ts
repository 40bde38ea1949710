import type { CallOptions, Clock, LeaseRecord, LeaseStore, PartitionId } from "@spillway/spec";
import { boundedCall } from "./bounded-call.ts";

/** A lease store as one consumer uses it: its own scope only, and no call lasts longer than the timeout. */
export interface ScopedStore {
  list(...signals: readonly AbortSignal[]): Promise<readonly LeaseRecord[]>;
  /** Writes `next` over the version before it; version 1 is written only if there is no record. */
  write(next: LeaseRecord, ...signals: readonly AbortSignal[]): Promise<boolean>;
  remove(record: LeaseRecord, ...signals: readonly AbortSignal[]): Promise<boolean>;
}

/** The lease store, narrowed to a scope and bounded in time. */
export function scopedStore(store: LeaseStore, scope: string, clock: Clock, timeoutMs: number): ScopedStore {
  function bounded<T>(signals: readonly AbortSignal[], call: (options: CallOptions) => Promise<T>): Promise<T> {
    return boundedCall(clock, timeoutMs, signals, call);
  }
  return {
    list: (...signals) => bounded(signals, (options) => store.list(scope, options)),
    write: (next, ...signals) =>
      bounded(signals, (options) => store.compareAndSet(scope, next.version === 1 ? undefined : next.version - 1, next, options)),
    remove: (record, ...signals) => bounded(signals, (options) => store.remove(scope, record.partition, record.version, options)),
  };
}

/** The record of a partition among others. */
export function recordOf(records: readonly LeaseRecord[], partition: PartitionId): LeaseRecord | undefined {
  return records.find((record) => record.partition === partition);
}
