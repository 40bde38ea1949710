import { relative } from "node:path";
import { hasCode } from "@spillway/spec";
import { fillLogs } from "./producer/fill-logs.ts";
import type { Options } from "./options.ts";
import { buildPipelines } from "./pipelines/build-pipelines.ts";
import { localBackend } from "./store/local-backend.ts";
import { openJob, type JobStore } from "./store/open-job.ts";
import { deleteDirectory, isOurs } from "./store/prepare-directory.ts";
import { settle } from "./store/settings.ts";
import { noteEnd, noteStart, type Starts } from "./store/starts.ts";
import { audit } from "./summary/audit.ts";
import { readFacts } from "./summary/facts.ts";
import { printDeadLetters } from "./summary/print-dead-letters.ts";
import { printSummary } from "./summary/print-summary.ts";
import { plural } from "./view/format.ts";
import type { Terminal } from "./view/terminal.ts";
import { viewFor } from "./view/view.ts";
import { workOff } from "./work/work-off.ts";

/** Does what the options ask for, until it is done or the signal aborts. Resolves to the exit code. */
export async function runJob(options: Options, terminal: Terminal, signal: AbortSignal): Promise<number> {
  const { directory } = options;
  if (options.fresh) await startOver(directory);
  const isNew = !(await isOurs(directory));
  if (isNew && options.deadLetters) {
    terminal.print(`There is no job in ${shortest(directory)} yet. npm start begins one.`);
    return 0;
  }
  const job = await openJob(directory);
  try {
    if (options.deadLetters) {
      await printDeadLetters(terminal, job.store);
      return 0;
    }
    const starts = await noteStart(job.store);
    try {
      terminal.print(terminal.colors.bold("Spillway: one bad message never stops the stream, and no message is ever lost.\n"));
      terminal.print(`  Data folder ${shortest(directory)}, ${isNew ? "new" : `start ${starts.count}`}`);
      return await work(job, starts, options, terminal, signal);
    } finally {
      await noteEnd(job.store);
    }
  } finally {
    await job.store.close();
  }
}

async function work(job: JobStore, starts: Starts, options: Options, terminal: Terminal, signal: AbortSignal): Promise<number> {
  const { print, colors } = terminal;
  const settings = await settle(job.store, options.settings);

  print(`\n${colors.bold("The producer fills three logs")}\n`);
  await fillLogs(terminal, job, settings.limit, signal);
  if (signal.aborted) {
    print("\nStopped while the logs were being filled. npm start goes on.");
    return 0;
  }

  print(`\n${colors.bold("Three pipelines work them off")}\n`);
  print(`  On purpose, ${settings.failRate * 100} % of the lookups fail (seed ${settings.seed}); they are tried up to 5 times.`);
  print(`  Ctrl-C saves and stops; kill -9 ${process.pid} does not ask. Either way, npm start goes on.\n`);
  const worker = `flights-${process.pid}-${Date.now()}`;
  const pipelines = buildPipelines(localBackend(job.store, worker), { ...settings, concurrency: options.concurrency });
  const view = viewFor(terminal);
  const onStop = (): void => view.note("Stopping: what has started is finished and saved. Ctrl-C once more stops at once.");
  signal.addEventListener("abort", onStop);
  const worked = await workOff(pipelines, { inputs: job.inputs, worker, signal, onProgress: view.show }).finally(() => {
    signal.removeEventListener("abort", onStop);
    view.end();
  });

  const facts = await readFacts(job);
  const problems = audit(worked, facts);
  await printSummary(terminal, { job, starts, worked, facts, problems });
  const left = worked.reduce((sum, { progress }) => sum + progress.left, 0);
  if (left > 0) print(`\nStopped: ${plural(left, "message")} left, all safe. npm start goes on with them.`);
  return problems.length === 0 ? 0 : 1;
}

function shortest(directory: string): string {
  const fromHere = relative(process.cwd(), directory);
  return fromHere.startsWith("..") ? directory : fromHere;
}

/** Deletes what earlier starts have left, unless one of them is still at work. */
async function startOver(directory: string): Promise<void> {
  if (!(await isOurs(directory))) return;
  try {
    const { store } = await openJob(directory);
    try {
      await noteStart(store);
    } finally {
      await store.close();
    }
  } catch (error) {
    // Nobody can work on a store that cannot be opened.
    if (hasCode(error, "SPILLWAY_CONFLICT")) throw error;
  }
  await deleteDirectory(directory);
}
