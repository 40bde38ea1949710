import type { StartPosition } from "@spillway/spec";
import type { TransactionScope } from "../transactions/transaction-scope.ts";

/** How this process takes part in its group. */
export interface GroupOptions {
  readonly groupId: string;
  readonly start: StartPosition;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly drainTimeoutMs: number;
  readonly metadataMaxAgeMs: number;
  /** Set when offsets are committed together with what sinks were given. */
  readonly transactions: TransactionScope | undefined;
  readonly warn: (message: string) => void;
}
