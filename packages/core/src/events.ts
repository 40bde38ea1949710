import type { Checkpoint, Disposition, FailureClass, LostMessages, Message, PartitionId } from "@spillway/spec";
import type { BreakerState } from "./breaker.ts";
import type { LeaseEvent } from "./leases/lease-event.ts";

/**
 * What happens in a running pipeline. Events are made only when somebody listens; a listener that throws is counted and changes nothing. Successful
 * messages make none of their own: read their number from explain().
 */
export type EngineEvent =
  /** A stage failed and the message waits for its next attempt. */
  | {
      readonly type: "retrying";
      readonly message: Message<unknown>;
      readonly stage: string;
      readonly error: unknown;
      readonly class: FailureClass;
      /** The attempt that failed, 1 for the first. */
      readonly attempt: number;
      readonly delayMs: number;
    }
  /** A sink confirmed a dead letter. */
  | {
      readonly type: "dead-lettered";
      readonly message: Message<unknown>;
      readonly stage: string;
      readonly error: unknown;
      readonly disposition: Disposition;
    }
  /** A dead letter was refused: its message stays unsettled and holds its lane; the write is repeated after delayMs. */
  | { readonly type: "dead-letter-failed"; readonly message: Message<unknown>; readonly error: unknown; readonly delayMs: number }
  | { readonly type: "checkpointed"; readonly partition: PartitionId; readonly checkpoint: Checkpoint }
  /** A save failed and is repeated. */
  | { readonly type: "checkpoint-failed"; readonly partition: PartitionId; readonly error: Error; readonly failures: number }
  /** This process reads the partition now; "unclean" after a crash of its last owner. */
  | { readonly type: "partition-gained"; readonly source: string; readonly partition: PartitionId; readonly takeover: "clean" | "unclean" }
  /** This process no longer reads the partition. */
  | {
      readonly type: "partition-ended";
      readonly source: string;
      readonly partition: PartitionId;
      readonly how: "drained" | "finished" | "lost";
    }
  /** A queue did not confirm a deletion: the message stays unsettled, and it is asked again after delayMs. */
  | {
      readonly type: "acknowledge-failed";
      readonly source: string;
      readonly message: Message<unknown>;
      readonly error: unknown;
      readonly delayMs: number;
    }
  /** A read or receive failed and is repeated after delayMs. */
  | { readonly type: "source-failed"; readonly source: string; readonly error: unknown; readonly delayMs: number }
  /** The log dropped messages before they could be read. */
  | { readonly type: "messages-lost"; readonly source: string; readonly partition: PartitionId; readonly lost: LostMessages }
  /** The source rests, and why; it goes on after forMs. */
  | { readonly type: "held"; readonly why: string; readonly forMs: number }
  | { readonly type: "resumed"; readonly after: string }
  /** A breaker has changed: while it is open, no message is let in. */
  | { readonly type: "breaker"; readonly breaker: string; readonly state: BreakerState }
  /** What a queue's own settings will do to this pipeline, in sentences; told once, as the run starts, unless they leave it alone. */
  | { readonly type: "advised"; readonly source: string; readonly says: readonly string[] }
  /** What the engine's own assigner did. */
  | { readonly type: "lease"; readonly source: string; readonly event: LeaseEvent }
  /**
   * Nothing of a partition or queue has ended for stalledAfterMs although something is under way, or its first message has neither ended nor moved for so long
   * though others have; told once until that changes.
   */
  | { readonly type: "stalled"; readonly source: string; readonly partition: PartitionId | undefined; readonly says: string }
  /**
   * The log drops the first unsettled message of a partition in headroomMs, unless it is settled before, or the log's retention is raised; negative when it may
   * have. Told when a quarter of the retention is left, and whenever half of what was left then is. Only where the source says how long it keeps messages.
   */
  | {
      readonly type: "retention-near";
      readonly source: string;
      readonly partition: PartitionId | undefined;
      readonly headroomMs: number;
      readonly retentionMs: number;
      readonly says: string;
    }
  /** A source has given messages, and so many of them are new here; told for each page. What ends well makes no event: read its number from explain(). */
  | { readonly type: "delivered"; readonly source: string; readonly partition: PartitionId | undefined; readonly count: number }
  /** These messages end without an outcome here and will be delivered again; why. */
  | {
      readonly type: "aborted";
      readonly source: string;
      readonly partition: PartitionId | undefined;
      readonly messages: readonly Message<unknown>[];
      readonly reason: Error;
    }
  /** These messages did not end by the deadline of a stop, or their partition was lost; `aborted` follows. */
  | { readonly type: "deadline"; readonly source: string; readonly messages: readonly Message<unknown>[] }
  /**
   * The pipeline begins to stop: what is in flight, how many messages are in the hands of handlers and sinks, how long these take as a rule (undefined where
   * none was timed), and which messages will therefore not make it. What waits is aborted at once.
   */
  | {
      readonly type: "draining";
      readonly reason: string;
      readonly inFlight: number;
      readonly running: number;
      readonly expectedMs: number | undefined;
      readonly late: readonly Message<unknown>[];
    };
