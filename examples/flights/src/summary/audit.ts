import type { Worked } from "../work/work-off.ts";
import type { Facts } from "./facts.ts";

/**
 * Checks that no message was lost and none has two outcomes. Returns what is wrong, in sentences; nothing when the books balance.
 *
 * Of this start: delivered = succeeded + filtered + dead-lettered + aborted, with nothing in flight. Of all starts together: what was appended was
 * either counted, once, or is a dead letter, or is left for the next start. A message that failed after it had been counted is both, and is one message
 * all the same; and one that was counted may be left, if it was not settled.
 */
export function audit(worked: readonly Worked[], facts: Facts): readonly string[] {
  const problems: string[] = [];
  for (const { log, report, progress } of worked) {
    const { delivered, succeeded, filtered, deadLettered, aborted } = report;
    const ended = succeeded + filtered + deadLettered + aborted;
    if (delivered !== ended) problems.push(`${log}: ${delivered} messages were delivered, but ${ended} have an outcome.`);

    const pipeline = facts.pipelines.find((each) => each.log === log);
    if (pipeline === undefined) continue;
    const missing = pipeline.appended - pipeline.counted - pipeline.deadLettered;
    if (missing < -pipeline.perhapsCounted) problems.push(`${log}: ${-missing} messages more have left a trace than were appended.`);
    else if (missing > progress.left)
      problems.push(
        progress.left === 0
          ? `${log}: all messages are settled, but ${missing} of them have left no trace.`
          : `${log}: ${missing - progress.left} messages have left no trace, and are not among those that are left.`,
      );
  }
  return problems;
}
