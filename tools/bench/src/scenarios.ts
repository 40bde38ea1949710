import type { Scenario } from "./bar.ts";
import { endToEnd, endToEndRxjs } from "./scenarios/end-to-end.ts";
import { failingKey } from "./scenarios/failing-key.ts";
import { batches } from "./scenarios/handle-batch.ts";
import { injectedHandlers } from "./scenarios/injected-handlers.ts";
import { localLog } from "./scenarios/local-log.ts";
import { asynchronousByKey, asynchronousUnordered, synchronous } from "./scenarios/no-op.ts";
import { prices as parts } from "./scenarios/prices.ts";
import { queuedMemory } from "./scenarios/queued-memory.ts";
import { retryWaiting } from "./scenarios/retry-waiting.ts";

/** What has a bar, by the name of its process. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  synchronous,
  asynchronousUnordered,
  asynchronousByKey,
  batches,
  endToEnd,
  endToEndRxjs,
  failingKey,
  queuedMemory,
  retryWaiting,
  localLog,
};

/** What has none: what a part of a pipeline costs. */
export const prices: Readonly<Record<string, Scenario>> = { ...parts, injectedHandlers };
