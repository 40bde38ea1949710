import type { JobBackend } from "../backends/job-backend.ts";
import { count, seconds } from "../view/format.ts";
import type { Terminal } from "../view/terminal.ts";
import { dataSets, readRecords } from "./data-set.ts";
import { produce } from "./produce.ts";

/** The producer's side: brings each file into its input, as far as it is not there yet, and prints a line for each. */
export async function fillInputs(
  { print, colors }: Terminal,
  inputs: JobBackend["inputs"],
  limit: number,
  signal: AbortSignal,
): Promise<void> {
  for (const dataSet of dataSets) {
    const startedMs = performance.now();
    const records = await readRecords(dataSet, limit);
    const appended = await produce(inputs[dataSet.log], dataSet, records, signal);
    if (signal.aborted) return;
    const news = appended === 0 ? "held already" : `${count(appended)} appended in ${seconds(performance.now() - startedMs)}`;
    print(`  ${dataSet.log.padEnd(11)} ${count(records.length).padStart(7)} ${dataSet.says.padEnd(31)} ${colors.dim(news)}`);
  }
}
