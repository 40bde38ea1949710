import type { Source, StartPosition } from "@spillway/spec";
import { refuse, requireCount, requireKnown } from "./require.ts";
import type { Input } from "./root.ts";

/** The options of consume(), as they come. */
export interface InputOptions {
  readonly ordering: string;
  readonly maxInFlight?: number;
  readonly maxBytesInFlight?: number;
  readonly crashLimit?: number;
  readonly start?: StartPosition;
  readonly leaseDurationMs?: number;
}

const known = ["ordering", "maxInFlight", "maxBytesInFlight", "crashLimit", "start", "leaseDurationMs"];
const starts = ["earliest", "latest", "timestamp", "after"];

/** Checks and completes how a source is to be read. */
export function inputOf(source: Source<unknown>, options: InputOptions, level: number): Input {
  requireKnown("consume", options, known);
  const { ordering, maxInFlight = 4_096, maxBytesInFlight = 64 * 1_024 * 1_024, crashLimit = 3, start = { at: "earliest" } } = options;
  if (ordering !== "none" && ordering !== "key" && ordering !== "partition") {
    return refuse(`ordering must be "none", "key" or "partition", but is ${JSON.stringify(ordering)}`);
  }
  if (ordering === "key" && !source.traits.keys)
    refuse(`"${source.name}" has no keys, so ordering "key" means nothing; use another ordering`);
  if (ordering === "partition" && source.kind === "queue") refuse(`"${source.name}" is a queue and has no partitions; use "none" or "key"`);
  if (source.kind === "queue" && options.start !== undefined)
    refuse(`"${source.name}" is a queue and has no start position; leave start out`);
  if (!starts.includes(start.at)) refuse(`start.at must be ${starts.join(", ")}, but is ${JSON.stringify(start.at)}`);
  return {
    source,
    ordering,
    maxInFlight: requireCount("maxInFlight", maxInFlight),
    maxBytesInFlight: requireCount("maxBytesInFlight", maxBytesInFlight),
    start,
    leaseDurationMs: options.leaseDurationMs === undefined ? undefined : requireCount("leaseDurationMs", options.leaseDurationMs, 100),
    crashLimit: requireCount("crashLimit", crashLimit),
    level,
  };
}
