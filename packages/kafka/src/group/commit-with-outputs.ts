import { failureClassOf, type CallOptions } from "@spillway/spec";
import type { TransactionScope } from "../transactions/transaction-scope.ts";
import type { TransactionalWriter } from "../transactions/transactional-writer.ts";
import { decodeMetadata, encodeMetadata } from "./commit-metadata.ts";
import { leaseLost, type Committed, type HeldLease } from "./held-lease.ts";

/** What committing with outputs stands on. */
export interface CommitWithOutputsContext {
  readonly transactions: TransactionScope;
  /** Gives a partition up; it is acquired again if it is still this member's. */
  lose(lease: HeldLease, why: string): void;
  /** Says that going on is pointless. */
  fail(error: unknown): void;
}

/**
 * Commits an offset for a lease in one transaction with everything that the messages settled by it were made into. When that fails in any way the
 * partition is given up, for nobody can tell whether it was committed: whoever acquires it next, maybe this member, makes the failed transaction void
 * or whole first, and goes on from what is committed then.
 */
export async function commitWithOutputs(
  { transactions, lose, fail }: CommitWithOutputsContext,
  lease: HeldLease,
  writer: TransactionalWriter,
  committed: Committed,
  { signal }: CallOptions,
): Promise<void> {
  if (lease.status === "gone") throw leaseLost(lease.id, "it was given up");
  const { topic, partition, id } = lease;
  const { offset } = committed;
  const metadata = encodeMetadata(offset, committed.metadata);
  // Only what the metadata has room for: the rest would be run and written again after a restart.
  const written = decodeMetadata(offset, metadata);
  const done = new Set(written.origin === "own" ? written.metadata.done : []);
  const { outputs, release } = transactions.outputs.take(id, (settled) => settled < offset || done.has(settled));
  const patience = AbortSignal.any([signal, lease.lost.signal, AbortSignal.timeout(transactions.timeoutMs)]);
  try {
    await writer.commit(outputs, { topic, partition, offset, metadata }, { signal: patience });
    lease.committed = committed;
  } catch (error) {
    if (failureClassOf(error) === "fatal") fail(error);
    const why = `its transaction was given up (${error instanceof Error ? error.message : String(error)})`;
    lose(lease, why);
    throw leaseLost(id, why);
  } finally {
    release();
  }
}
