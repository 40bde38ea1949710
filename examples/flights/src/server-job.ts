import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LocalStore } from "@spillway/local";
import { endpointVariables, start, whyNot, type RunningServer } from "@spillway-tools/servers";
import type { ServerBackend } from "./backends/server-backend.ts";
import { workJob, type JobWords } from "./job.ts";
import type { Options } from "./options.ts";
import { openStore } from "./store/open-job.ts";
import { settle } from "./store/settings.ts";
import { noteStart } from "./store/starts.ts";
import { count } from "./view/format.ts";
import type { Terminal } from "./view/terminal.ts";

/** A server that the pipelines can run on. */
export interface ServerKind {
  readonly server: "kafka" | "sqs";
  readonly says: string;
  readonly inputs: JobWords["inputs"];
  /** How many records of each file are taken where nothing is said; all of them where this is undefined. */
  readonly limit: number | undefined;
  /** The file that says how the pipelines stand on it. */
  readonly file: string;
  open(options: { readonly endpoint: string; readonly prefix: string; readonly store: LocalStore }): Promise<ServerBackend>;
}

const stopMs = 60_000;

/**
 * Does the job on a server, from its beginning to its end: starts the server, unless the environment names one, and removes all of it afterwards. Resolves to
 * the exit code: 2 when the server cannot be started here, and why is printed then.
 */
export async function runServerJob(kind: ServerKind, options: Options, terminal: Terminal, signal: AbortSignal): Promise<number> {
  const { print, colors } = terminal;
  print(colors.bold("Spillway: one bad message never stops the stream, and no message is ever lost.\n"));
  const server = await openServer(kind.server);
  if (server === undefined) return 2;
  const directory = await mkdtemp(join(tmpdir(), "spillway-flights-"));
  try {
    print(`  ${kind.says} at ${server.endpoint}, ${server.folder === undefined ? "which runs already" : "started for this"}`);
    const store = await openStore(directory);
    try {
      // A server of our own is empty; on somebody else's, nobody's names are taken.
      const prefix = server.folder === undefined ? `flights-${randomUUID().slice(0, 8)}-` : "";
      const backend = await kind.open({ endpoint: server.endpoint, prefix, store });
      const code = await work(kind, { store, backend }, options, terminal, signal);
      await backend.close();
      return code;
    } finally {
      await store.close();
    }
  } finally {
    await rm(directory, { recursive: true });
    await stopServer(server);
  }
}

async function work(
  kind: ServerKind,
  { store, backend }: { readonly store: LocalStore; readonly backend: ServerBackend },
  options: Options,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const starts = await noteStart(store);
  const settings = await settle(store, { ...(kind.limit === undefined ? {} : { limit: kind.limit }), ...options.settings });
  if (kind.limit === settings.limit) terminal.print(`  The first ${count(settings.limit)} records of each file; --limit N takes more.`);
  const worker = `flights-${process.pid}-${Date.now()}`;
  return await workJob({ store, backend, worker, starts, settings, words: wordsFor(kind) }, options, terminal, signal);
}

function wordsFor({ server, inputs, file }: ServerKind): JobWords {
  return {
    inputs,
    stopping: "Ctrl-C finishes what has started, and stops. The statistics are kept in the embedded store.",
    afterStop: `They go with the ${inputs}: this example removes all that it has made.`,
    furtherLooks: [
      [file, "what the pipelines stand on here; they are those of npm start"],
      [`docs/${server}.md`, "what it all means on this server"],
      [`npm run example:${server} -- --fail-rate 0.4`, "more trouble than five attempts can bear"],
    ],
  };
}

/** A child process that is waited for does not keep this one alive, and here it may be the only thing that is left to wait for. */
async function stopServer(server: RunningServer): Promise<void> {
  const awake = setTimeout(() => undefined, stopMs);
  await server.stop();
  clearTimeout(awake);
}

/** The server that the environment names, or one of our own; undefined, with the reason printed, where neither is to be had. */
async function openServer(name: ServerKind["server"]): Promise<RunningServer | undefined> {
  const given = process.env[endpointVariables[name]] ?? "";
  if (given !== "") return { endpoint: given, folder: undefined, stop: () => Promise.resolve() };
  if ((await whyNot(name)) !== undefined) return undefined;
  return await start(name);
}
