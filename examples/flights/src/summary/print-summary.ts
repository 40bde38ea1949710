import type { Job } from "../job.ts";
import { count, plural } from "../view/format.ts";
import type { Terminal } from "../view/terminal.ts";
import type { Worked } from "../work/work-off.ts";
import { airportTable } from "./airport-table.ts";
import { deadLetterTable } from "./dead-letter-table.ts";
import type { Facts } from "./facts.ts";
import { runTable } from "./run-table.ts";

/** What the summary is about. */
export interface SummaryOptions {
  readonly job: Job;
  readonly worked: readonly Worked[];
  readonly facts: Facts;
  /** What does not add up; nothing when all is well. */
  readonly problems: readonly string[];
}

/** Prints what was done, what became of every message, and where to look further. */
export async function printSummary(terminal: Terminal, { job, worked, facts, problems }: SummaryOptions): Promise<void> {
  const { print, colors } = terminal;
  const { starts, words } = job;
  const title = (text: string): void => print(`\n${colors.bold(text)}\n`);

  title("This start");
  if (worked.some(({ report }) => report.delivered > 0)) print(runTable(terminal, worked));
  else if (worked.some(({ progress }) => progress.left > 0)) print("  It was stopped before the first message was delivered.");
  else print("  Nothing was left to do: everything had been worked off before.\n  npm start -- --fresh begins anew.");

  title(starts.count === 1 ? "Every message" : `Every message, over ${plural(starts.count, "start")}, ${starts.killed} of them killed`);
  for (const line of balance(worked, facts)) print(`  ${line}`);

  if (facts.deadLetters.length > 0) {
    title("Dead letters");
    print(deadLetterTable(terminal, facts.deadLetters));
    const kinds = kindsOf(facts);
    if (kinds.length > 1) print(`\n  In all: ${kinds.join(", ")}.`);
  }
  title("The busiest airports");
  print(await airportTable(terminal, job.store));

  title("To look further");
  const width = Math.max(...words.furtherLooks.map(([where]) => where.length));
  for (const [where, what] of words.furtherLooks) print(`  ${where.padEnd(width)}  ${colors.dim(what)}`);

  if (problems.length > 0) {
    title(colors.red("The books do not balance"));
    for (const problem of problems) print(`  ${problem}`);
  }
}

/** What became of all messages, and how often some came again. */
function balance(worked: readonly Worked[], { pipelines, deadLetters, repeatedDeadLetters }: Facts): readonly string[] {
  const sum = (what: "appended" | "counted" | "deadLettered" | "deliveredAgain"): number =>
    pipelines.reduce((total, each) => total + each[what], 0);
  const left = worked.reduce((total, { progress }) => total + progress.left, 0);
  const again = sum("deliveredAgain");
  const parts = [`${count(sum("counted"))} counted, each once`, plural(deadLetters.length, "dead letter")];
  if (left > 0) parts.push(`${count(left)} left`);
  // A message may have been counted, and then have failed or been left before it was published.
  const twice = sum("counted") + deadLetters.length + left - sum("appended");
  const lines = [`${count(sum("appended"))} appended = ${parts.join(" + ")}${twice > 0 ? ` – ${count(twice)} that are two of these` : ""}`];
  lines.push(
    again === 0
      ? "None was delivered again after it had been counted."
      : `${plural(again, "message")} ${again === 1 ? "was" : "were"} delivered again, and not counted again.`,
  );
  if (repeatedDeadLetters > 0)
    lines.push(
      `${plural(repeatedDeadLetters, "dead letter")} ${repeatedDeadLetters === 1 ? "was" : "were"} written twice, under the same id.`,
    );
  return lines;
}

/** How many dead letters there are of each pipeline and disposition. */
function kindsOf({ deadLetters }: Facts): readonly string[] {
  const kinds = new Map<string, number>();
  for (const { metadata } of deadLetters) {
    const kind = `${metadata.source.name} ${metadata.disposition}`;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return [...kinds].map(([kind, letters]) => `${count(letters)} ${kind}`);
}
