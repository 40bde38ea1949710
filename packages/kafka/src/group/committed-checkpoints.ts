import { SpillwayError, type Checkpoint, type CheckpointStore } from "@spillway/spec";
import { offsetOf, positionOf, startAt } from "../position.ts";
import type { GroupAssigner } from "./group-assigner.ts";
import { leaseLost, type Committed, type HeldLease } from "./held-lease.ts";
import { maxDistance } from "./offset-set.ts";

/**
 * The group's committed offsets as a checkpoint store: the watermark is the committed offset, and what is done beyond it is in the commit's metadata. A
 * token is good as long as this process holds the partition in the group; the broker refuses a commit of an outdated generation.
 */
export function committedCheckpoints(assigner: GroupAssigner): CheckpointStore {
  function held(
    partition: HeldLease["id"],
    token: HeldLease["token"],
  ): { readonly lease: HeldLease; readonly member: GroupAssigner["member"] } {
    const lease = assigner.member?.find(partition, token);
    if (lease === undefined) throw leaseLost(partition, "this process does not hold it under that token");
    return { lease, member: assigner.member };
  }

  return {
    maxDone: maxDistance,
    async load({ partition }, token, { signal }) {
      signal.throwIfAborted();
      const { lease } = held(partition, token);
      return lease.committed.metadata.fresh ? undefined : checkpointOf(lease.committed);
    },
    async save({ partition }, checkpoint, token, options) {
      options.signal.throwIfAborted();
      const { lease, member } = held(partition, token);
      await member?.commit(lease, committedOf(lease, checkpoint), options);
    },
  };
}

function checkpointOf({ offset, metadata: { done, attempting } }: Committed): Checkpoint {
  return {
    state: "reading",
    from: startAt(offset),
    done: done.map(positionOf),
    attempting: attempting === undefined ? undefined : { position: positionOf(attempting.offset), crashes: attempting.crashes },
  };
}

function committedOf(lease: HeldLease, checkpoint: Checkpoint): Committed {
  if (checkpoint.state === "finished") {
    throw new SpillwayError(`Partition ${lease.id} cannot be saved as finished: a partition of Kafka never ends.`, {
      code: "SPILLWAY_INVALID_OPTIONS",
      failureClass: "fatal",
    });
  }
  const { from, done, attempting } = checkpoint;
  // A start that is no position yet is where the lease began: it was made an offset when the partition was gained.
  const offset = from.at === "after" ? offsetOf(from.position) + 1 : lease.committed.offset;
  return {
    offset,
    metadata: {
      topicId: lease.committed.metadata.topicId,
      held: true,
      fresh: false,
      // Sorted, because a log's order is that of its offsets, and the format counts on it.
      done: done.map(offsetOf).sort((one, other) => one - other),
      attempting: attempting === undefined ? undefined : { offset: offsetOf(attempting.position), crashes: attempting.crashes },
    },
  };
}
