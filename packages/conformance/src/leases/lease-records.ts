import type { FencingToken, LeaseRecord, LeaseStore, PartitionId } from "@spillway/spec";
import type { CaseContext } from "../kit/case-context.ts";
import { equal } from "../kit/check.ts";

/** The scope that cases use when the scope is not what they are about. */
export const scope = "scope";

/** A record as its first writer writes it. */
export function record(partition: string, changes: Partial<LeaseRecord> = {}): LeaseRecord {
  return {
    partition: partition as PartitionId,
    parents: [],
    version: 1,
    token: 1 as FencingToken,
    owner: "worker",
    durationMs: 10_000,
    wantedBy: undefined,
    state: "open",
    start: { at: "earliest" },
    ...changes,
  };
}

/** The record that replaces this one. */
export function next(of: LeaseRecord, changes: Partial<LeaseRecord> = {}): LeaseRecord {
  return { ...of, version: of.version + 1, ...changes };
}

/** Lists the scope's records by partition. */
export async function list(store: LeaseStore, context: CaseContext, of: string = scope): Promise<readonly LeaseRecord[]> {
  const records = await context.within("the list", store.list(of, context));
  return records.toSorted((a, b) => (a.partition < b.partition ? -1 : 1));
}

/** Compares and sets within the case's deadline, and fails the case unless the answer is this one. */
export async function expectSet(
  answer: boolean,
  store: LeaseStore,
  expectedVersion: number | undefined,
  written: LeaseRecord,
  context: CaseContext,
): Promise<void> {
  const set = await context.within("the compare-and-set", store.compareAndSet(scope, expectedVersion, written, context));
  equal(`whether ${written.partition} was set from version ${expectedVersion}`, set, answer);
}
