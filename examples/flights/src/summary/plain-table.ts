import Table from "cli-table3";
import type { Terminal } from "../view/terminal.ts";

/** A table without frames: a heading, a line under it, and rows. All columns but the first are numbers, unless `texts` says so. */
export function plainTable(
  { colors }: Terminal,
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  texts: readonly number[] = [],
): string {
  const table = new Table({
    head: heading.map((title) => colors.bold(title)),
    colAligns: heading.map((_, column) => (column === 0 || texts.includes(column) ? "left" : "right")),
    style: { head: [], border: [], "padding-left": 0, "padding-right": 2 },
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
