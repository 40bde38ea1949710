import { parseArgs } from "node:util";
import { faultSuites } from "./fault-suites.ts";

/** What `--only` calls the demonstration. */
export const demonstrationName = "rolling-restart";

/** What the command line asks for. */
export type Request =
  | { readonly kind: "help" }
  /** Something that is not understood, as a sentence. */
  | { readonly kind: "refused"; readonly why: string }
  | {
      readonly kind: "faults";
      /** How often the demonstration is repeated; 0: it is not asked for. */
      readonly runs: number;
      /** The names of the suites that are asked for. */
      readonly suites: readonly string[];
    };

const suiteNames = faultSuites.map(({ name }) => name);
const names = [demonstrationName, ...suiteNames];

/** What --help prints; no line is wider than a terminal of 80 columns. */
export function help(): string {
  return `Breaks real servers, which it starts itself, and says what became of it.

First the demonstration: three Kafka nodes are restarted in turn while messages
are published, with plain kafkajs and with kafkaSink, and the topic is counted.
Then the tests of all faults, one a line. Java and Maven are needed; what cannot
be started is left out, and said.

  npm run faults                  all of it: a quarter of an hour
  npm run faults -- --only NAME   a part; may be given several times:
${wrapped(names)}
  npm run faults -- --runs N      repeats the demonstration N times; 1
  npm run faults -- --help        prints this

Ctrl-C ends it together with its servers.

Exit code 0: nothing that is ours failed. 1: kafkaSink lost a message that it
had acknowledged, or a test failed. 2: an option that is not understood, or the
demonstration cannot be run here. 130: Ctrl-C.
`;
}

/** Reads the command line. */
export function parseRequest(args: readonly string[]): Request {
  const read = parse(args);
  if ("why" in read) return { kind: "refused", why: read.why };
  const { help: asksForHelp, only, runs } = read.values;
  if (asksForHelp) return { kind: "help" };
  const unknown = only.filter((name) => !names.includes(name));
  if (unknown.length > 0) return { kind: "refused", why: `--only takes ${names.join(", ")}, not "${unknown.join('", "')}".` };
  if (runs !== undefined && !/^[1-9]\d?$/.test(runs))
    return { kind: "refused", why: `--runs takes a whole number from 1 to 99, not "${runs}".` };
  const isAsked = (name: string): boolean => only.length === 0 || only.includes(name);
  if (runs !== undefined && !isAsked(demonstrationName))
    return { kind: "refused", why: `--runs is about the demonstration, which --only leaves out: add --only ${demonstrationName}.` };
  return { kind: "faults", runs: isAsked(demonstrationName) ? Number(runs ?? "1") : 0, suites: suiteNames.filter(isAsked) };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { type: "boolean", default: false },
        only: { type: "string", multiple: true, default: [] },
        runs: { type: "string" },
      },
    });
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
}

function wrapped(words: readonly string[]): string {
  return `                                  ${words.slice(0, 3).join(", ")},\n                                  ${words.slice(3).join(", ")}`;
}
