import type { StartPosition } from "@spillway/spec";

/** How this process takes part in its group. */
export interface GroupOptions {
  readonly groupId: string;
  readonly start: StartPosition;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly drainTimeoutMs: number;
  readonly metadataMaxAgeMs: number;
  readonly warn: (message: string) => void;
}
