import { hasCode, SpillwayError } from "@spillway/spec";
import { runLocalJob } from "./local-job.ts";
import { help, parseOptions, type Options } from "./options.ts";
import type { ServerPlace } from "./server-place.ts";
import { echoOfNpm, stopRequests } from "./stop-requests.ts";
import { terminal } from "./view/terminal.ts";

const stop = new AbortController();
const request = stopRequests({ echoMs: echoOfNpm(process.env) });

/** The first request stops in good order; the second at once, as the signal does where nobody listens: the shell then sees exit code 130. */
function onSignal(signal: NodeJS.Signals): void {
  switch (request()) {
    case "stop":
      stop.abort("asked to stop");
      return;
    case "stop at once":
      process.off(signal, onSignal);
      process.kill(process.pid, signal);
      return;
    case "nothing new":
      return;
  }
}

// Somebody has closed the pipe, as head does: there is nobody to tell any more, and no harm in stopping.
process.stdout.on("error", () => stop.abort("nobody reads the output any more"));

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(help);
  else {
    process.on("SIGINT", onSignal);
    process.on("SIGTERM", onSignal);
    process.exitCode = options.on === "local" ? await runLocalJob(options, terminal(), stop.signal) : await onServer(options.on, options);
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  }
} catch (error) {
  console.error(error instanceof SpillwayError ? error.message : error);
  process.exitCode = hasCode(error, "SPILLWAY_INVALID_OPTIONS") ? 2 : 1;
}

/** Who stays on the embedded store need not wait until everything about servers is loaded. */
async function onServer(place: ServerPlace, options: Options): Promise<number> {
  const [{ runServerJob }, { serverKinds }] = await Promise.all([import("./server-job.ts"), import("./server-kinds.ts")]);
  return await runServerJob(serverKinds[place], options, terminal(), stop.signal);
}
