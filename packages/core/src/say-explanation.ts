import type { StartPosition } from "@spillway/spec";
import type { Explanation, FeedExplanation } from "./explain.ts";

/** An explanation as lines that a person reads in a terminal. */
export function sayExplanation(explanation: Explanation): string {
  const { state, sources, stages, guarantees, advice, counts, feeds, gates } = explanation;
  const lines = [
    `Pipeline: ${state}`,
    ...sources.map(
      ({ name, kind, ordering, maxInFlight }) => `  reads ${kind} ${name}, ordering ${ordering}, at most ${maxInFlight} in flight`,
    ),
    ...stages.map(({ name, says }) => `  ${name}: ${says}`),
    "Promises",
    ...guarantees.map((sentence) => `  ${sentence}`),
  ];
  if (advice.length > 0) lines.push("Advice", ...advice.map((sentence) => `  ${sentence}`));
  if (counts !== undefined) {
    const { delivered, succeeded, filtered, deadLettered, aborted, inFlight, retries, lost, gaps } = counts;
    lines.push(
      "So far",
      `  ${delivered} delivered = ${succeeded} succeeded + ${filtered} filtered + ${deadLettered} dead-lettered + ${aborted} aborted + ${inFlight} in flight; ${retries} retries`,
    );
    if (lost > 0 || gaps > 0) lines.push(`  not delivered: ${lost} that logs had dropped, and what ${gaps} gaps of unknown size held`);
  }
  if (gates.length > 0) lines.push("Held", ...gates.map(({ says }) => `  ${says}`));
  if (feeds.length > 0) lines.push("Partitions", ...feeds.flatMap(sayFeed));
  return lines.join("\n");
}

function sayFeed({
  source,
  partition,
  watermark,
  behindMs,
  headroomMs,
  unsettled,
  heldBehindFirst,
  firstUnsettled,
  unsaved,
}: FeedExplanation): string[] {
  const facts = [
    ...(watermark === undefined ? [] : [`reads on ${sayStart(watermark)}`]),
    ...(behindMs === undefined ? [] : [`${behindMs} ms behind`]),
    ...(headroomMs === undefined ? [] : [`kept for ${Math.floor(headroomMs / 1_000)} s more`]),
    `${unsettled} unsettled`,
    ...(unsaved === 0 ? [] : [`${unsaved} settled and not saved yet`]),
  ];
  const lines = [`  ${source}${partition === undefined ? "" : ` ${partition}`}: ${facts.join(", ")}`];
  if (firstUnsettled !== undefined) {
    const { id, key, ageMs, attempt, state, lastError, nextAttemptMs } = firstUnsettled;
    const named = key === undefined ? id : `${id} (key ${key})`;
    lines.push(
      `    first: ${named}, ${Math.round(ageMs / 1_000)} s old, attempt ${attempt}, ${state}${lastError === undefined ? "" : `: ${lastError}`}`,
      ...(nextAttemptMs === undefined ? [] : [`    its next attempt is due at ${new Date(nextAttemptMs).toISOString()}`]),
    );
    if (heldBehindFirst > 0) lines.push(`    ${heldBehindFirst} settled messages wait behind it for the checkpoint`);
  }
  return lines;
}

function sayStart(start: StartPosition): string {
  if (start.at === "after") return `after ${start.position}`;
  return start.at === "timestamp" ? `from ${new Date(start.timestampMs).toISOString()}` : `from ${start.at}`;
}
