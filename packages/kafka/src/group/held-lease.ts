import { SpillwayError, type FencingToken, type LostMessages, type PartitionId } from "@spillway/spec";
import type { TopicPartition } from "../client/kafka-port.ts";
import type { TransactionalWriter } from "../transactions/transactional-writer.ts";
import type { CommitMetadata } from "./commit-metadata.ts";

/** What is committed for a partition: the offset to read on from, and what is written beside it. */
export interface Committed {
  readonly offset: number;
  readonly metadata: CommitMetadata;
}

/** A partition that this member reads. */
export interface HeldLease extends TopicPartition {
  readonly id: PartitionId;
  readonly token: FencingToken;
  readonly takeover: "clean" | "unclean";
  /** "draining": to be given back; it is still ours until it is gone. */
  status: "held" | "draining" | "gone";
  /** What was committed last. */
  committed: Committed;
  /** What the topic that had this name before took along; undefined when that was told, or when the topic is the same. */
  gone: LostMessages | undefined;
  /** What its offsets are committed through, together with what sinks were given; undefined: by themselves. */
  readonly transactions: TransactionalWriter | undefined;
  readonly drain: AbortController;
  readonly lost: AbortController;
  /** Ends the draining at its deadline. */
  deadline: NodeJS.Timeout | undefined;
}

/** What a call for a partition that is somebody else's fails with. */
export function leaseLost(id: PartitionId, why: string): SpillwayError {
  return new SpillwayError(`Partition ${id} is not ours any more: ${why}. Its messages are delivered again where it is read now.`, {
    code: "SPILLWAY_LEASE_LOST",
  });
}
