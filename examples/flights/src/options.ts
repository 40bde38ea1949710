import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { SpillwayError } from "@spillway/spec";
import { isServerPlace, serverPlaces, type ServerPlace } from "./server-place.ts";
import { defaultSettings, type Settings } from "./store/settings.ts";

/** What the pipelines can run on. */
export type Place = "local" | ServerPlace;

/** What the command line asks for. */
export interface Options {
  readonly on: Place;
  readonly directory: string;
  readonly fresh: boolean;
  readonly deadLetters: boolean;
  readonly help: boolean;
  readonly concurrency: number;
  /** Those that were named. */
  readonly settings: Partial<Settings>;
}

const defaultDirectory = fileURLToPath(new URL("../../../data/flights", import.meta.url));
const defaultConcurrency = 64;

/** What --help prints; no line is wider than a terminal of 80 columns. */
export const help = `Three pipelines over real data, on the embedded store.

  npm start                begins, or goes on where the last start ended
  npm start -- [options]
  npm run example:kafka    the same pipelines on Apache Kafka
  npm run example:sqs      the same on SQS, as ElasticMQ
  npm run example:kinesis  the same on Kinesis and DynamoDB, as kinesalite and
                           DynamoDB Local
  npm run example:dynamodb-streams
                           the same on the changes of DynamoDB tables, as
                           DynamoDB Local. Each starts its server by itself.

  --fresh              begins anew: deletes the data folder first, if this
                       example has made it
  --dead-letters       prints every dead letter with its original bytes, and
                       ends
  --directory FOLDER   the data folder; data/flights in the repository where
                       nothing is said
  --concurrency N      how many messages of a pipeline are counted at once,
                       those of one key never; ${defaultConcurrency}
  --fail-rate RATE     the share of lookups that fail on purpose, from 0 to 1;
                       ${defaultSettings.failRate}
  --seed N             chooses which ones; ${defaultSettings.seed}
  --limit N            reads only the first N records of each file; all of them
  --on PLACE           what the pipelines run on:
                       local, ${serverPlaces.join(", ")}.
                       On a server a job has one start, which leaves nothing
                       behind, so that --fresh, --dead-letters and --directory
                       mean nothing there
  --help               prints this

Fail rate, seed and limit belong to a job from its first start to its end;
change them together with --fresh. Ctrl-C finishes what has started, saves and
ends; a second Ctrl-C ends at once. Neither loses a message, nor does kill -9.
Colours are left out when NO_COLOR is set or the output is not a terminal.

Exit code 0: all is well, whether worked off or stopped. 1: something went
wrong, or the books do not balance. 2: an option or a folder that cannot be
used, or a server that cannot be started. 130: a second Ctrl-C; npm may say 130
after the first one too.
`;

/** Reads the command line. Throws SPILLWAY_INVALID_OPTIONS for what it does not understand. */
export function parseOptions(args: readonly string[]): Options {
  const { fresh, help: asksForHelp, "dead-letters": deadLetters, directory, on, ...texts } = parse(args);
  if (on !== "local" && !isServerPlace(on)) throw refusal(`--on takes local, ${serverPlaces.join(", ")}, not "${on}".`);
  if (on !== "local" && (fresh || deadLetters || directory !== undefined)) {
    throw refusal("--fresh, --dead-letters and --directory go with the embedded store: on a server, a job leaves nothing behind.");
  }
  const settings = {
    failRate: numberIn("fail-rate", texts["fail-rate"], { min: 0, max: 1 }),
    seed: integerIn("seed", texts.seed, 0),
    limit: integerIn("limit", texts.limit, 1),
  };
  return {
    on,
    directory: resolve(process.env["INIT_CWD"] ?? process.cwd(), directory ?? defaultDirectory),
    fresh,
    deadLetters,
    help: asksForHelp,
    concurrency: integerIn("concurrency", texts.concurrency, 1) ?? defaultConcurrency,
    settings: Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        fresh: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
        "dead-letters": { type: "boolean", default: false },
        on: { type: "string", default: "local" },
        directory: { type: "string" },
        concurrency: { type: "string" },
        "fail-rate": { type: "string" },
        seed: { type: "string" },
        limit: { type: "string" },
      },
    }).values;
  } catch (error) {
    throw refusal(oneLine(error instanceof Error ? error.message : String(error)), error);
  }
}

function integerIn(name: string, text: string | undefined, min: number): number | undefined {
  const value = numberIn(name, text, { min, max: Number.MAX_SAFE_INTEGER });
  if (value !== undefined && !Number.isInteger(value)) throw refusal(`--${name} takes a whole number, not ${text}.`);
  return value;
}

function numberIn(
  name: string,
  text: string | undefined,
  { min, max }: { readonly min: number; readonly max: number },
): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (value >= min && value <= max) return value;
  const bounds = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  throw refusal(`--${name} takes a number ${bounds}, not "${text}".`);
}

/** Node explains some of its refusals in several lines, and ends them with or without a full stop. */
function oneLine(text: string): string {
  return `${text.replaceAll("\n", " ").replace(/\.$/, "")}.`;
}

function refusal(message: string, cause?: unknown): SpillwayError {
  return new SpillwayError(`${message} npm start -- --help names all options.`, {
    code: "SPILLWAY_INVALID_OPTIONS",
    failureClass: "fatal",
    cause,
  });
}
