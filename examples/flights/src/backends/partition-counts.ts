import type { OutputLog } from "../pipelines/backend.ts";
import type { InputLog } from "../producer/data-set.ts";

/** How many partitions each log has, wherever logs have partitions. */
export const partitionCounts: Readonly<Record<InputLog | OutputLog, number>> = {
  departures: 4,
  routes: 4,
  movies: 2,
  "late-departures": 4,
  "late-routes": 4,
  catalogue: 2,
  "dead-letters": 1,
};
