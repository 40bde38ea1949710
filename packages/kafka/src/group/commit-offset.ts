import { SpillwayError, type CallOptions } from "@spillway/spec";
import type { GroupStamp, KafkaPort } from "../client/kafka-port.ts";
import { encodeMetadata } from "./commit-metadata.ts";
import type { Coordinator } from "./coordinator.ts";
import { leaseLost, type Committed, type HeldLease } from "./held-lease.ts";

/** What committing stands on. */
export interface CommitContext {
  readonly port: KafkaPort;
  readonly coordinator: Coordinator;
  readonly groupId: string;
  /** The generation that this member has an assignment of. */
  stamp(): GroupStamp | undefined;
  /** Resolves when the stamp is another one than this. */
  changed(outdated: GroupStamp | undefined, options: CallOptions): Promise<void>;
  /** Whether an error says that the group has moved on. */
  outdated(error: unknown): boolean;
}

const limitMs = 30_000;

/**
 * Commits an offset for a lease. The request carries the generation that the lease was held in when it was made, however often it is repeated, so the
 * broker itself refuses it once the partition may be somebody else's. In a new generation the lease is looked at again before a new request is made.
 */
export async function commitOffset(context: CommitContext, lease: HeldLease, committed: Committed, { signal }: CallOptions): Promise<void> {
  const { port, coordinator, groupId } = context;
  const { topic, partition } = lease;
  const { offset, metadata } = committed;
  const commit = { topic, partition, offset, metadata: encodeMetadata(offset, metadata) };
  const patience = AbortSignal.any([signal, lease.lost.signal, AbortSignal.timeout(limitMs)]);
  try {
    for (;;) {
      if (lease.status === "gone") throw leaseLost(lease.id, "it was given up");
      const stamp = context.stamp();
      if (stamp === undefined) {
        await context.changed(stamp, { signal: patience });
        continue;
      }
      try {
        const options = { signal: patience };
        await coordinator.call((broker) => port.commit(broker, groupId, stamp, [commit], options), options);
        lease.committed = committed;
        return;
      } catch (error) {
        if (patience.aborted || !context.outdated(error)) throw error;
        await context.changed(stamp, { signal: patience });
      }
    }
  } catch (error) {
    if (signal.aborted) throw error;
    if (lease.lost.signal.aborted) throw leaseLost(lease.id, "it was lost while its checkpoint was being saved");
    if (patience.aborted) {
      throw new SpillwayError(`The offset of ${lease.id} could not be committed within ${limitMs} ms. It is committed again.`, {
        code: "SPILLWAY_KAFKA_UNREACHABLE",
        cause: error,
      });
    }
    throw error;
  }
}
