import type { GatheredOutputs } from "./gathered-outputs.ts";

/** What a source and the sinks of its pipeline share to commit together. */
export interface TransactionScope {
  /** How long one transaction may take, in milliseconds. */
  readonly timeoutMs: number;
  readonly outputs: GatheredOutputs;
}
