import { relative } from "node:path";
import { hasCode } from "@spillway/spec";
import { localJobBackend } from "./backends/local-job-backend.ts";
import { workJob, type JobWords } from "./job.ts";
import type { Options } from "./options.ts";
import { openJob } from "./store/open-job.ts";
import { deleteDirectory, isOurs } from "./store/prepare-directory.ts";
import { settle } from "./store/settings.ts";
import { noteEnd, noteStart } from "./store/starts.ts";
import { printDeadLetters } from "./summary/print-dead-letters.ts";
import type { Terminal } from "./view/terminal.ts";

const words: JobWords = {
  inputs: "logs",
  stopping: `Ctrl-C saves and stops, kill -9 ${process.pid} does not ask; npm start goes on.`,
  afterStop: "All is safe: npm start goes on.",
  furtherLooks: [
    ["npm start -- --dead-letters", "every dead letter, with its own bytes"],
    ["npm start -- --fresh", "all over again; try kill -9 half way"],
    ["npm start -- --fresh --fail-rate 0.4", "more trouble than five attempts can bear"],
    ["examples/flights/src/pipelines/", "the pipelines; build-pipelines.ts first"],
    ["docs/getting-started.md", "a pipeline of your own"],
  ],
};

/** Does the job on the embedded store, from where its last start ended, until it is done or the signal aborts. Resolves to the exit code. */
export async function runLocalJob(options: Options, terminal: Terminal, signal: AbortSignal): Promise<number> {
  const { directory } = options;
  if (options.fresh) await startOver(directory);
  const isNew = !(await isOurs(directory));
  if (isNew && options.deadLetters) {
    terminal.print(`There is no job in ${shortest(directory)} yet. npm start begins one.`);
    return 0;
  }
  const jobStore = await openJob(directory);
  const { store } = jobStore;
  try {
    if (options.deadLetters) {
      await printDeadLetters(terminal, store);
      return 0;
    }
    const starts = await noteStart(store);
    try {
      terminal.print(terminal.colors.bold("Spillway: one bad message never stops the stream, and no message is ever lost.\n"));
      terminal.print(`  Data folder ${shortest(directory)}, ${isNew ? "new" : `start ${starts.count}`}`);
      const settings = await settle(store, options.settings);
      const worker = `flights-${process.pid}-${Date.now()}`;
      const backend = localJobBackend(jobStore);
      return await workJob({ store, backend, worker, starts, settings, words }, options, terminal, signal);
    } finally {
      await noteEnd(store);
    }
  } finally {
    await store.close();
  }
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
