import Table from "cli-table3";
import type { Terminal } from "../view/terminal.ts";

const margin = 2;
const leastWrapped = 20;

/**
 * A table without frames: a heading and rows. All columns but the first are numbers, unless `texts` says so. On a terminal that is too
 * narrow for it, its last column is wrapped between words.
 */
export function plainTable(
  { colors, interactive, stream }: Terminal,
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  texts: readonly number[] = [],
): string {
  const widths = heading.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)) + margin);
  const last = widths.pop() ?? 0;
  // Some terminals say 0 or nothing.
  const columns = interactive && stream.columns > 0 ? stream.columns : Number.POSITIVE_INFINITY;
  const room = columns - widths.reduce((sum, width) => sum + width, margin);
  const table = new Table({
    head: heading.map((title) => colors.bold(title)),
    colWidths: [...widths, Math.min(last, Math.max(leastWrapped, room))],
    wordWrap: true,
    colAligns: heading.map((_, column) => (column === 0 || texts.includes(column) ? "left" : "right")),
    style: { head: [], border: [], "padding-left": 0, "padding-right": margin },
    chars: {
      ...{ top: "", "top-mid": "", "top-left": "", "top-right": "", bottom: "", "bottom-mid": "", "bottom-left": "", "bottom-right": "" },
      ...{ left: "  ", "left-mid": "", mid: "", "mid-mid": "", right: "", "right-mid": "", middle: "" },
    },
  });
  for (const row of rows) table.push([...row]);
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}
