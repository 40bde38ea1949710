import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { LocalStore } from "@spillway/local";
import { serverFolder } from "@spillway-tools/servers";
import type { ServerBackend, ServerBackendOptions } from "./backends/server-backend.ts";
import { workJob, type JobWords } from "./job.ts";
import { openServers, type NamedServer } from "./open-servers.ts";
import type { Options } from "./options.ts";
import type { ServerPlace } from "./server-place.ts";
import { openStore } from "./store/open-job.ts";
import { settle } from "./store/settings.ts";
import { noteStart } from "./store/starts.ts";
import { count } from "./view/format.ts";
import type { Terminal } from "./view/terminal.ts";

/** Servers that the pipelines can run on. */
export interface ServerKind {
  readonly place: ServerPlace;
  /** What is started, in this order, unless the environment names it. */
  readonly servers: readonly NamedServer[];
  readonly inputs: JobWords["inputs"];
  /** How many records of each file are taken where nothing is said; all of them where this is undefined. */
  readonly limit: number | undefined;
  open(options: ServerBackendOptions): Promise<ServerBackend>;
}

/**
 * Does the job on servers, from its beginning to its end: starts them, unless the environment names them, and removes all of it afterwards. Resolves to the
 * exit code: 2 when a server cannot be started here, and why is printed then.
 */
export async function runServerJob(kind: ServerKind, options: Options, terminal: Terminal, signal: AbortSignal): Promise<number> {
  const { print, colors } = terminal;
  print(colors.bold("Spillway: one bad message never stops the stream, and no message is ever lost.\n"));
  const servers = await openServers(kind.servers, print);
  if (servers === undefined) return 2;
  // It goes with this process, also when that is killed.
  const folder = await serverFolder("flights");
  try {
    const store = await openStore(join(folder.path, "statistics"));
    try {
      const prefix = servers.areOurs ? "" : `flights-${randomUUID().slice(0, 8)}-`;
      const backend = await kind.open({ endpointOf: servers.endpointOf, prefix, store });
      const code = await work(kind, { store, backend }, options, terminal, signal);
      await backend.close();
      return code;
    } finally {
      await store.close();
    }
  } finally {
    await folder.remove();
    await servers.stop();
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

function wordsFor({ place, inputs }: ServerKind): JobWords {
  return {
    inputs,
    stopping: "Ctrl-C finishes what has started, and stops. The statistics are kept in the embedded store.",
    afterStop: `They go with the ${inputs}: this example removes all that it has made.`,
    furtherLooks: [
      [`examples/flights/src/backends/${place}-backend.ts`, "what the pipelines stand on here; they are those of npm start"],
      [`docs/${place}.md`, "what it all means there"],
      [`npm run example:${place} -- --fail-rate 0.4`, "more trouble than five attempts can bear"],
    ],
  };
}
