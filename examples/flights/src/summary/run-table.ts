import { count, perSecond, seconds } from "../view/format.ts";
import type { Terminal } from "../view/terminal.ts";
import type { Worked } from "../work/work-off.ts";
import { plainTable } from "./plain-table.ts";

/** What this start has done: a row for each pipeline, its outcomes adding up to what was delivered. */
export function runTable(terminal: Terminal, worked: readonly Worked[]): string {
  const heading = ["pipeline", "delivered", "= succeeded", "+ filtered", "+ dead-lettered", "+ aborted", "retries", "time", "rate"];
  const rows = worked.map(({ log, report }) => [
    log,
    count(report.delivered),
    count(report.succeeded),
    count(report.filtered),
    count(report.deadLettered),
    count(report.aborted),
    count(report.retries),
    seconds(report.elapsedMs),
    perSecond(report.delivered - report.aborted, report.elapsedMs),
  ]);
  return plainTable(terminal, heading, rows);
}
