import Table from "cli-table3";
import type { Outcome } from "./count-outcome.ts";

/** One run of one publisher. */
export interface PublisherRun {
  readonly name: string;
  readonly isOurs: boolean;
  /** From 1. */
  readonly run: number;
  readonly outcome: Outcome;
}

/** The runs side by side, one a row. */
export function outcomeTable(runs: readonly PublisherRun[]): string {
  const table = new Table({
    head: ["published with", "run", "acknowledged", "stored", "lost although acknowledged", "stored again"],
    colAligns: ["left", "right", "right", "right", "right", "right"],
    style: { head: [], border: [], compact: true },
  });
  for (const { name, run, outcome } of runs) {
    const figures = [run, outcome.acknowledged, outcome.stored, outcome.lost, outcome.duplicates];
    table.push([name, ...figures.map((figure) => figure.toLocaleString("en"))]);
  }
  return table.toString();
}
