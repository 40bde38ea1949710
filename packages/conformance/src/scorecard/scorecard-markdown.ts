import { grouped } from "./grouped.ts";
import type { Score, ScorecardRow } from "./scorecard.ts";
import { scorecardTotals, subjectOf } from "./scorecard-totals.ts";

/** Writes rows as Markdown: the totals, then a table for each suite with a column for each subject, then why cases failed or were skipped. */
export function scorecardMarkdown(rows: readonly ScorecardRow[]): string {
  const suites = [...grouped(rows, ({ suite }) => suite)];
  const blocks = [totalsTable(rows), ...suites.map(([suite, of]) => suiteSection(suite, of))];
  return `${blocks.join("\n\n")}\n`;
}

function totalsTable(rows: readonly ScorecardRow[]): string {
  const lines = scorecardTotals(rows).map(({ adapter, version, server, suite, subject, passed, failed, skipped }) =>
    line([
      adapter,
      version,
      server === undefined ? "none" : `${server.name} ${server.version}`,
      suite,
      subject,
      String(passed),
      String(failed),
      String(skipped),
    ]),
  );
  return table(["adapter", "version", "server", "suite", "subject", "passed", "failed", "skipped"], lines);
}

function suiteSection(suite: string, rows: readonly ScorecardRow[]): string {
  const subjects = [...grouped(rows, subjectOf).values()];
  const notes: string[] = [];
  const lines = [...grouped(rows, (row) => row.case)].map(([name, of]) => {
    const cells = subjects.map((subject) => cell(subject.find((row) => row.case === name)?.score, notes));
    return line([name, of[0]?.guarantee ?? "", ...cells]);
  });
  const heads = subjects.map(([first]) => first?.subject ?? "");
  const reasons = notes.map((note, index) => `${index + 1}. ${escaped(note)}`);
  return [`## ${capitalised(suite)}`, table(["case", "guarantee", ...heads], lines), reasons.join("\n")]
    .filter((part) => part !== "")
    .join("\n\n");
}

/** The word for a score, with the number of its reason. */
function cell(score: Score | undefined, notes: string[]): string {
  if (score === undefined) return "not run";
  if (score.result === "passed") return "passed";
  if (!notes.includes(score.why)) notes.push(score.why);
  const word = score.result === "failed" ? "**FAILED**" : "skipped";
  return `${word} (${notes.indexOf(score.why) + 1})`;
}

function table(heads: readonly string[], lines: readonly string[]): string {
  return [line(heads), line(heads.map(() => "---")), ...lines].join("\n");
}

function line(cells: readonly string[]): string {
  return `| ${cells.map(escaped).join(" | ")} |`;
}

function escaped(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll(/\s+/g, " ");
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
