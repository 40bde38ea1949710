import type { Disposition } from "@spillway/spec";
import { refuse, requireCount, requireDuration, requireKnown } from "./engine/require.ts";

/** When dead letters are too many to be the messages' fault. */
export interface DeadLetterBudgetOptions {
  /** The largest share of messages that may be dead-lettered, from 0 to 1. Default: no bound by share. */
  readonly maxRatio?: number;
  /** How many messages the share looks back on; it is judged when there were so many. Default 100. */
  readonly window?: number;
  /** The most dead letters in a row. Default: no bound. */
  readonly maxConsecutive?: number;
  /** Which dead letters count; the others neither add to a row nor end it, and are left out of the share. Default: all. */
  readonly dispositions?: readonly Disposition[];
  /** "halt": the pipeline stops and says why. "hold": the source rests for holdMs, and then the budget is new. Default "halt". */
  readonly beyond?: "halt" | "hold";
  /** How long the source rests, with "hold". Default 60,000. */
  readonly holdMs?: number;
}

/** A checked budget for dead letters; made by deadLetterBudget. */
export interface DeadLetterBudget {
  readonly says: string;
  readonly maxRatio: number;
  readonly window: number;
  readonly maxConsecutive: number;
  readonly dispositions: readonly Disposition[] | undefined;
  readonly beyond: "halt" | "hold";
  readonly holdMs: number;
}

const known = ["maxRatio", "window", "maxConsecutive", "dispositions", "beyond", "holdMs"];
const knownDispositions: readonly string[] = ["decode", "permanent", "exhausted", "expired", "crashed", "oversize"];

/** A bound on dead letters, so that a bad deploy stops the pipeline instead of moving a whole topic into the dead letters. */
export function deadLetterBudget(options: DeadLetterBudgetOptions): DeadLetterBudget {
  requireKnown("deadLetterBudget", options, known);
  const { maxRatio, window = 100, maxConsecutive, dispositions, beyond = "halt", holdMs = 60_000 } = options;
  if (maxRatio === undefined && maxConsecutive === undefined)
    refuse("deadLetterBudget needs maxRatio or maxConsecutive, or it bounds nothing");
  if (maxRatio !== undefined && !(maxRatio >= 0 && maxRatio < 1))
    refuse(`maxRatio must be at least 0 and below 1, but is ${String(maxRatio)}`);
  requireCount("window", window);
  if (maxConsecutive !== undefined) requireCount("maxConsecutive", maxConsecutive, 0);
  if (beyond !== "halt" && beyond !== "hold") refuse(`beyond must be "halt" or "hold", but is ${JSON.stringify(beyond)}`);
  requireDuration("holdMs", holdMs);
  if (dispositions?.length === 0) refuse("dispositions must name one at least, or the budget bounds nothing; leave it out to count all");
  for (const each of dispositions ?? [])
    if (!knownDispositions.includes(each)) refuse(`dispositions are ${knownDispositions.join(", ")}, but not ${JSON.stringify(each)}`);
  const bounds = [
    ...(maxRatio === undefined ? [] : [`${maxRatio * 100}% of the last ${window} messages`]),
    ...(maxConsecutive === undefined ? [] : [`${maxConsecutive} in a row`]),
  ];
  return {
    says: `beyond ${bounds.join(" or ")}${dispositions === undefined ? "" : `, counting ${dispositions.join(" and ")} ones,`} ${beyond === "halt" ? "the pipeline stops" : `the source rests for ${holdMs} ms`}`,
    maxRatio: maxRatio ?? Number.POSITIVE_INFINITY,
    window,
    maxConsecutive: maxConsecutive ?? Number.POSITIVE_INFINITY,
    dispositions,
    beyond,
    holdMs,
  };
}
