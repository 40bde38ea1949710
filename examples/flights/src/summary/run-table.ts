import { count, perSecond, seconds } from "../view/format.ts";
import type { Terminal } from "../view/terminal.ts";
import type { Worked } from "../work/work-off.ts";
import { plainTable } from "./plain-table.ts";

/** What this start has done: a column for each pipeline, in which the outcomes add up to what was delivered. */
export function runTable(terminal: Terminal, worked: readonly Worked[]): string {
  const row = (title: string, cell: (worked: Worked) => string): readonly string[] => [title, ...worked.map(cell)];
  const rows = [
    row("  delivered", ({ report }) => count(report.delivered)),
    row("= succeeded", ({ report }) => count(report.succeeded)),
    row("+ filtered", ({ report }) => count(report.filtered)),
    row("+ dead-lettered", ({ report }) => count(report.deadLettered)),
    row("+ aborted", ({ report }) => count(report.aborted)),
    row("", () => ""),
    row("  retries", ({ report }) => count(report.retries)),
    row("  time", ({ report }) => seconds(report.elapsedMs)),
    row("  rate", ({ report }) => perSecond(report.delivered - report.aborted, report.elapsedMs)),
  ];
  return plainTable(
    terminal,
    row("", ({ log }) => log),
    rows,
  );
}
