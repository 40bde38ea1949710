import type { CallOptions } from "./call-options.ts";
import type { FencingToken } from "./lease.ts";
import type { PartitionId, Position, StartPosition } from "./position.ts";

/** How far a consumer is in one partition. */
export type Checkpoint =
  | {
      readonly state: "reading";
      /** Where to read on: after the watermark, or where the consumer first began. */
      readonly from: StartPosition;
      /** Positions beyond the watermark that are settled already and must not run again, in log order. Losing some only causes replay. */
      readonly done: readonly Position[];
      /** The message whose attempt was about to start, written down in careful mode; undefined otherwise. */
      readonly attempting: Attempting | undefined;
      /** What else the engine wants to know after a restart: short texts without a meaning for the store. Left out: none. */
      readonly notes?: readonly string[];
    }
  /** The partition ended and every message of it is settled. */
  | { readonly state: "finished" };

/** Names the message that was being attempted, so that a restart knows which one killed the process. */
export interface Attempting {
  readonly position: Position;
  /** How many processes have died in it before this attempt. */
  readonly crashes: number;
}

/** Names one checkpoint. */
export interface CheckpointKey {
  /** The consumer and its source: two pipelines that share a store never share a scope. */
  readonly scope: string;
  readonly partition: PartitionId;
}

/** Keeps checkpoints, fenced: a writer that lost its partition cannot overwrite what its successor knows. */
export interface CheckpointStore {
  /** The most `done` positions that one checkpoint keeps; the engine passes no more, the earliest first. */
  readonly maxDone: number;
  /** The most `notes` that one checkpoint keeps, of at most 1,024 characters each. Left out: it keeps none. */
  readonly maxNotes?: number;
  /**
   * Resolves to the checkpoint last saved, undefined if there is none, and in the same step raises the fence: from then on a save or load with a
   * lower token is refused. Rejects with SPILLWAY_LEASE_LOST when the fence is already above this token. A stored checkpoint that cannot be read
   * resolves as undefined only if nothing can have been settled by it; otherwise rejects with SPILLWAY_FORMAT. Retried by the caller if retryable.
   */
  load(key: CheckpointKey, token: FencingToken, options: CallOptions): Promise<Checkpoint | undefined>;
  /**
   * Resolves when the checkpoint is durable. Rejects with SPILLWAY_LEASE_LOST, having changed nothing, when a higher token has been seen; then
   * the caller gives the partition up. Any other rejection leaves it unknown whether it was saved: the caller saves again, the newest only; one of class
   * fatal stops the pipeline.
   * The engine has at most one save of a partition under way.
   */
  save(key: CheckpointKey, checkpoint: Checkpoint, token: FencingToken, options: CallOptions): Promise<void>;
}
