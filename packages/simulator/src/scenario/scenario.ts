import type { FaultRule } from "../faults/fault.ts";
import type { Skew } from "../process/simulated-process.ts";
import type { Disaster } from "./disaster.ts";

/** Everything that is decided before a run begins, as plain data: made from a seed, shrunk by leaving things out, printed and run again. */
export interface Scenario {
  readonly seed: number;
  readonly source: LogShape | QueueShape;
  /** A queue that is read beside the log, and before it. */
  readonly beside: QueueShape | undefined;
  readonly load: Load;
  readonly ordering: "none" | "key" | "partition";
  readonly maxInFlight: number;
  /** Undefined for the engine's own bound, which these messages never reach. */
  readonly maxBytesInFlight: number | undefined;
  readonly crashLimit: number;
  readonly pipeline: PipelineShape;
  readonly workers: readonly WorkerShape[];
  readonly faults: readonly FaultRule[];
  readonly disasters: readonly Disaster[];
  /** When the last fault strikes, in milliseconds from the beginning; from then on everything must come to its end. */
  readonly calmMs: number;
}

/** A simulated log. */
export interface LogShape {
  readonly kind: "log";
  readonly partitions: number;
  readonly pageSize: number;
  /** The most done positions that its checkpoints keep. */
  readonly maxDone: number;
  /** The most notes that they keep. */
  readonly maxNotes: number;
  readonly leaseDurationMs: number;
  /** Whether the engine shares its partitions out itself, over a lease store, or the log does, as a consumer group. */
  readonly assignedBy: "leases" | "provider";
}

/** A simulated queue. */
export interface QueueShape {
  readonly kind: "queue";
  readonly groups: boolean;
  readonly visibilityTimeoutMs: number;
  readonly receivers: number;
  readonly maxNackDelayMs: number;
}

/** What is appended, and how its messages behave. */
export interface Load {
  readonly messages: number;
  readonly keys: number;
  /** Over how long they are appended. */
  readonly appendMs: number;
  /** How many bytes are added to a payload at most. */
  readonly padding: number;
  /** The shares of messages that are troublesome, by what they do. */
  readonly trouble: Trouble;
  /** How many messages fail until everything outside of their lanes has ended. */
  readonly stubborn: number;
}

/** The shares of messages with a trait each. */
export interface Trouble {
  /** Fails a few times before it passes. */
  readonly flaky: number;
  /** Never passes. */
  readonly poison: number;
  /** Cannot be decoded. */
  readonly undecodable: number;
  /** Is turned away by the filter. */
  readonly unwanted: number;
  /** Makes the filter throw. */
  readonly clumsy: number;
  /** Hangs once or twice; its handler then ends when it is told to, much later, or never. */
  readonly hanging: number;
  /** Kills the process that attempts it. */
  readonly killing: number;
}

/** One worker: started, and started again whenever it has died or stopped. */
export interface WorkerShape {
  readonly startMs: number;
  readonly skew: Skew;
  /** How long it takes to come back. */
  readonly restartMs: number;
}

/** A stage that works. */
export type StageShape =
  | { readonly kind: "handle"; readonly concurrency: number; readonly timeoutMs: number; readonly breaker: boolean }
  | {
      readonly kind: "batch";
      readonly concurrency: number;
      readonly timeoutMs: number;
      readonly maxMessages: number;
      readonly lingerMs: number;
      readonly answers: "throws" | "map" | "array";
      readonly breaker: boolean;
    }
  | {
      readonly kind: "publish";
      readonly concurrency: number;
      readonly timeoutMs: number;
      readonly lingerMs: number;
      readonly maxBatchSize: number;
      readonly order: "write" | "key" | "none";
      readonly breaker: boolean;
    };

/** A pipeline. */
export interface PipelineShape {
  /** Stages before the expansion, or all of them. */
  readonly stages: readonly StageShape[];
  /** Splits messages into up to so many children, for the stages that follow. */
  readonly expand: { readonly most: number; readonly ordering: "parent" | "none"; readonly stages: readonly StageShape[] } | undefined;
  /** Whether an RxJS operator of the user's stands between two stages. */
  readonly tapped: boolean;
  /** Whether everything of the user's that only looks on throws: the listener, and a rule that classifies. */
  readonly onlookersThrow: boolean;
  readonly retry: RetryShape | undefined;
  readonly failure:
    | { readonly answer: "halt" }
    | {
        readonly answer: "deadLetter";
        readonly maxBatchSize: number;
        readonly oversize: boolean;
        /** Whether the later messages of a dead letter's key follow it. */
        readonly blocksKeys: boolean;
        readonly budget: BudgetShape | undefined;
      };
  readonly everyMessages: number;
  readonly everyMs: number;
  readonly drainTimeoutMs: number;
}

/** A retry policy. */
export interface RetryShape {
  readonly attempts: number;
  readonly firstMs: number;
  readonly maxMs: number;
  readonly budget: boolean;
  readonly giveBackAfterMs: number | undefined;
  readonly maxAgeMs: number | undefined;
}

/** A bound on dead letters. */
export interface BudgetShape {
  readonly maxConsecutive: number;
  readonly beyond: "halt" | "hold";
  readonly holdMs: number;
}
