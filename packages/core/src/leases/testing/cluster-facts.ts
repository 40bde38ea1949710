import type { Lease, LeaseRecord, PartitionId } from "@spillway/spec";
import { testScope, type TestCluster, type TestWorker } from "./test-cluster.ts";

/** A signal that never aborts. */
export const never: AbortSignal = new AbortController().signal;

/** The lease that a worker holds of a partition. */
export function leaseOf(worker: TestWorker, partition: string): Lease {
  const lease = worker.holds.get(partition as PartitionId);
  if (lease === undefined) throw new Error(`${worker.name} does not hold ${partition}`);
  return lease;
}

/** What the store holds of a partition. */
export function recordOf(cluster: TestCluster, partition: string): LeaseRecord | undefined {
  return cluster.store.records(testScope).find((record) => record.partition === partition);
}

/** What was ever written of a partition. */
export function writesOf(cluster: TestCluster, partition: string): readonly LeaseRecord[] {
  return cluster.store.written.filter((record) => record.partition === partition);
}

/** Lets time pass until a worker holds so many leases. */
export async function holding(cluster: TestCluster, worker: TestWorker, count: number): Promise<void> {
  await cluster.clock.runUntil(() => worker.holds.size === count, 60_000);
}
