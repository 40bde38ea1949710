import { grouped } from "./grouped.ts";
import type { Score, ScorecardRow } from "./scorecard.ts";
import { subjectOf } from "./scorecard-totals.ts";

/** Writes rows for a terminal: for each suite a line for each case, with a narrow column for each subject, then why cases failed or were skipped. */
export function scorecardText(rows: readonly ScorecardRow[]): string {
  return [...grouped(rows, ({ suite }) => suite)].map(([suite, of]) => suiteText(suite, of)).join("\n\n");
}

function suiteText(suite: string, rows: readonly ScorecardRow[]): string {
  const subjects = [...grouped(rows, subjectOf).values()];
  const reasons: string[] = [];
  const cases = [...grouped(rows, (row) => row.case)].map(([name, of]) => ({
    name,
    guarantee: of[0]?.guarantee ?? "",
    marks: subjects.map((subject) => markOf(subject.find((row) => row.case === name)?.score, reasons)),
  }));
  const width = Math.max(...cases.flatMap(({ marks }) => marks.map(({ length }) => length)));
  return [
    `${suite}: ${subjects.map(([first], column) => `${letterOf(column)} ${first?.subject ?? ""}`).join(", ")}`,
    line(
      subjects.map((_, column) => letterOf(column)),
      "",
      "",
    ),
    ...cases.map(({ name, guarantee, marks }) => line(marks, guarantee, name)),
    ...reasons.map((reason, index) => `  ${index + 1}: ${reason}`),
  ].join("\n");

  function line(cells: readonly string[], guarantee: string, name: string): string {
    return `  ${cells.map((cell) => cell.padStart(width)).join(" ")}  ${guarantee.padEnd(4)} ${name}`.trimEnd();
  }
}

/** A dot for a pass, a dash for what was not run, and otherwise the number of the reason, with a bang where it failed. */
function markOf(score: Score | undefined, reasons: string[]): string {
  if (score === undefined) return "-";
  if (score.result === "passed") return ".";
  const reason = `${score.result}: ${score.why}`;
  if (!reasons.includes(reason)) reasons.push(reason);
  return `${reasons.indexOf(reason) + 1}${score.result === "failed" ? "!" : ""}`;
}

function letterOf(column: number): string {
  const before = column < 26 ? "" : letterOf(Math.floor(column / 26) - 1);
  return before + String.fromCharCode(65 + (column % 26));
}
