import type { LocalStore } from "@spillway/local";
import type { JobBackend } from "./backends/job-backend.ts";
import type { Options } from "./options.ts";
import { buildPipelines } from "./pipelines/build-pipelines.ts";
import { fillInputs } from "./producer/fill-inputs.ts";
import type { Settings } from "./store/settings.ts";
import type { Starts } from "./store/starts.ts";
import { audit } from "./summary/audit.ts";
import { readFacts } from "./summary/facts.ts";
import { printSummary } from "./summary/print-summary.ts";
import { plural } from "./view/format.ts";
import type { Terminal } from "./view/terminal.ts";
import { viewFor } from "./view/view.ts";
import { workOff } from "./work/work-off.ts";

/** What there is to do, and on what. */
export interface Job {
  /** Keeps the statistics, and how often the job was started. */
  readonly store: LocalStore;
  readonly backend: JobBackend;
  /** Names this process among all that ever worked here. */
  readonly worker: string;
  readonly starts: Starts;
  readonly settings: Settings;
  readonly words: JobWords;
}

/** What is said differently from backend to backend. */
export interface JobWords {
  readonly inputs: "logs" | "topics" | "queues" | "streams" | "tables";
  /** What Ctrl-C does, and kill -9. */
  readonly stopping: string;
  /** What becomes of the messages that a stop has left. */
  readonly afterStop: string;
  /** Commands and files, and what is to be seen there. */
  readonly furtherLooks: readonly (readonly [where: string, what: string])[];
}

/** Fills the inputs, works them off and tells what became of every message. Resolves to the exit code. */
export async function workJob(
  job: Job,
  { concurrency }: Pick<Options, "concurrency">,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const { print, colors } = terminal;
  const { store, backend, worker, settings, words } = job;

  print(`\n${colors.bold(`The producer fills three ${words.inputs}`)}\n`);
  await fillInputs(terminal, backend.inputs, settings.limit, signal);
  if (signal.aborted) {
    print(`\nStopped while the ${words.inputs} were being filled. ${words.afterStop}`);
    return 0;
  }

  print(`\n${colors.bold("Three pipelines work them off")}\n`);
  print(`  On purpose, ${settings.failRate * 100} % of the lookups fail (seed ${settings.seed}); they are tried up to 5 times.`);
  print(`  ${words.stopping}\n`);
  const pipelines = buildPipelines(backend, { ...settings, concurrency });
  const view = viewFor(terminal);
  const onStop = (): void => view.note("Stopping: what has started is finished and saved. Ctrl-C again ends at once.");
  signal.addEventListener("abort", onStop);
  const worked = await workOff(pipelines, { inputs: backend.inputs, worker, signal, onProgress: view.show }).finally(() => {
    signal.removeEventListener("abort", onStop);
    view.end();
  });

  const facts = await readFacts(store, backend);
  const problems = audit(worked, facts);
  await printSummary(terminal, { job, worked, facts, problems });
  const left = worked.reduce((sum, { progress }) => sum + progress.left, 0);
  if (left > 0) print(`\nStopped: ${plural(left, "message")} left. ${words.afterStop}`);
  return problems.length === 0 ? 0 : 1;
}
