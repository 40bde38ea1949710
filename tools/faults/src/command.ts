import { fileURLToPath } from "node:url";
import { cannotStart, type ServerName } from "@spillway-tools/servers";
import { demonstration } from "./demonstration.ts";
import { faultSuites, type FaultSuite } from "./fault-suites.ts";
import { demonstrationName, help, parseRequest } from "./options.ts";
import { outcomeTable } from "./outcome-table.ts";

const fine = 0;
const lost = 1;
const refused = 2;
const stopped = 130;

/** What the program has around it; a test gives it something else. */
export interface Surroundings {
  /** Takes a line. */
  readonly say: (line: string) => void;
  /** Aborts when somebody wants this to end; what was started then ends with this process. */
  readonly signal: AbortSignal;
  /** Runs vitest with arguments and resolves to its exit code. */
  readonly runTests: (args: readonly string[]) => Promise<number>;
  /** Why a server cannot be started here, undefined when it can. Default: what tools/servers says. */
  readonly cannotStart?: (name: ServerName) => Promise<string | undefined>;
  /** Default: the demonstration on real nodes. */
  readonly demonstration?: typeof demonstration;
}

/** Runs the program; resolves to its exit code, as the help explains it. */
export async function command(args: readonly string[], around: Surroundings): Promise<number> {
  const { say, signal } = around;
  const request = parseRequest(args);
  if (request.kind === "help") {
    say(help());
    return fine;
  }
  if (request.kind === "refused") {
    say(`${request.why}\n\n${help()}`);
    return refused;
  }
  const suites = faultSuites.filter(({ name }) => request.suites.includes(name));
  const parts = async (): Promise<number> => {
    const shown = request.runs === 0 ? fine : await show(request.runs, around);
    const tested = suites.length === 0 || signal.aborted ? fine : await test(suites, around);
    return tested === fine ? shown : lost;
  };
  const code = await Promise.race([parts(), abort(signal)]);
  if (!signal.aborted) return code;
  say("\nStopped. The servers end with this program.");
  return stopped;
}

/** The demonstration and its table. */
async function show(runs: number, { say, ...around }: Surroundings): Promise<number> {
  const reason = await (around.cannotStart ?? cannotStart)("kafka");
  if (reason !== undefined) {
    say(`The demonstration (${demonstrationName}) is left out, as its nodes must be its own. ${reason}`);
    return refused;
  }
  const done = await (around.demonstration ?? demonstration)(runs, say);
  const losses = done.filter(({ isOurs, outcome }) => isOurs && outcome.lost > 0);
  say(`\n${outcomeTable(done)}\n`);
  say(
    "Each published the same messages in batches of 60, to 6 partitions with 3 copies, while the nodes were restarted in turn; a faster one",
  );
  say("came further. Then the topic was read with Kafka's own consumer.\n");
  if (losses.length > 0) say("kafkaSink has lost messages that it had acknowledged. That must not be: please report it.\n");
  return losses.length > 0 ? lost : fine;
}

/** The tests, with a word about each server that they will miss. */
async function test(suites: readonly FaultSuite[], { say, runTests, ...around }: Surroundings): Promise<number> {
  for (const server of new Set(suites.flatMap(({ servers }) => servers))) {
    const reason = await (around.cannotStart ?? cannotStart)(server);
    if (reason !== undefined) say(`${reason} Its faults are skipped.`);
  }
  const reporter = fileURLToPath(new URL("./fault-lines.js", import.meta.url));
  return await runTests([`--reporter=${reporter}`, ...suites.flatMap(({ files }) => files)]);
}

function abort(signal: AbortSignal): Promise<number> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(stopped);
    signal.addEventListener("abort", () => resolve(stopped), { once: true });
  });
}
