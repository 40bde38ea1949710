import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { runScenario } from "./run-scenario.ts";
import { sayLast } from "./say-last.ts";
import { generateScenario } from "./scenario/generate-scenario.ts";
import type { Scenario } from "./scenario/scenario.ts";
import { shrinkScenario } from "./shrink-scenario.ts";
import { sayTally, tally } from "./tally.ts";

const help = `Runs the engine through seeded disasters in virtual time.

  --seeds N        how many seeds to run (1000)
  --from N         the first of them (1)
  --seed N         one seed: prints its history
  --scenario FILE  one scenario, as --shrink has written it
  --shrink FILE    with --seed: finds a smaller disaster that breaks the same promise, and writes it
  --keep-going     goes on after a seed that has failed
`;

/** What the program has around it; a test gives it something else. */
export interface Surroundings {
  /** Takes what the program says. */
  readonly write: (text: string) => void;
  /** Runs one scenario. */
  readonly run: typeof runScenario;
  /** Real time, in milliseconds from any beginning. */
  readonly nowMs: () => number;
}

const real: Surroundings = {
  write: (text) => void process.stdout.write(text),
  run: runScenario,
  nowMs: () => performance.now(),
};

/** Runs the program; resolves to its exit code: 0, 1 when a promise was broken, 2 when a number that it was given is none. */
export async function main(args: readonly string[], around: Surroundings = real): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: "string", default: "1000" },
      from: { type: "string", default: "1" },
      seed: { type: "string" },
      scenario: { type: "string" },
      shrink: { type: "string" },
      "keep-going": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    around.write(help);
    return 0;
  }
  const numbers = [values.seeds, values.from, values.seed ?? "1"];
  const wrong = numbers.find((text) => !/^[1-9]\d*$/.test(text));
  if (wrong !== undefined) {
    around.write(`"${wrong}" is not a number of seeds, nor a seed: give a whole number from 1.\n`);
    return 2;
  }
  if (values.scenario !== undefined) return await showOne(around, JSON.parse(await readFile(values.scenario, "utf8")) as Scenario);
  if (values.seed === undefined) return await runMany(around, Number(values.from), Number(values.seeds), values["keep-going"]);
  const scenario = generateScenario(Number(values.seed));
  if (values.shrink === undefined) return await showOne(around, scenario);
  const shrunk = await shrinkScenario(scenario);
  await writeFile(values.shrink, `${JSON.stringify(shrunk, undefined, 2)}\n`);
  return await showOne(around, shrunk);
}

/** Prints the history of one run. */
async function showOne({ run, write }: Surroundings, scenario: Scenario): Promise<number> {
  const { violations, history, hash, facts } = await run(scenario, { keepHistory: true });
  write(`${JSON.stringify(scenario)}\n\n${history.join("\n")}\n\n`);
  write(`${facts.messages} messages in ${Math.round(facts.virtualMs / 1_000)} s of virtual time, history ${hash}\n`);
  for (const { guarantee, says } of violations) write(`BROKEN ${guarantee}: ${says}\n`);
  return violations.length === 0 ? 0 : 1;
}

/** Runs seeds one after another, with a line of progress every few seconds. */
async function runMany(around: Surroundings, from: number, seeds: number, keepGoing: boolean): Promise<number> {
  const { run, write, nowMs } = around;
  const { stackTraceLimit } = Error;
  // Stack traces are a quarter of the time, and nobody reads them here.
  Error.stackTraceLimit = 0;
  const counts = tally(nowMs);
  let spokeAtMs = nowMs();
  for (let seed = from; seed < from + seeds; seed++) {
    const result = await run(generateScenario(seed));
    counts.add(result);
    if (result.violations.length > 0) {
      write(await sayBroken(around, seed));
      if (!keepGoing) break;
    }
    // Whatever else the process has to do gets its turn; and promises that nobody handles are noticed.
    await new Promise((resolve) => setImmediate(resolve));
    if (nowMs() - spokeAtMs < 5_000) continue;
    spokeAtMs = nowMs();
    write(`${seed - from + 1} of ${seeds} seeds, ${counts.seedsPerSecond().toFixed(0)} a second, ${counts.failed} failed\n`);
  }
  Error.stackTraceLimit = stackTraceLimit;
  write(sayTally(counts));
  return counts.failed === 0 ? 0 : 1;
}

/** Runs a seed that has failed once more, for its history: what it broke, how to see it again, and the last of what happened. */
async function sayBroken({ run }: Surroundings, seed: number): Promise<string> {
  const { violations, history } = await run(generateScenario(seed), { keepHistory: true });
  const [first] = violations;
  const broken =
    first === undefined
      ? "is not broken again: something outside of its seed decides about it"
      : `BREAKS ${first.guarantee}: ${first.says}`;
  return `${["", `seed ${seed} ${broken}`, `  replay it: npm run simulate -- --seed ${seed}`, "", ...sayLast(history), ""].join("\n")}\n`;
}
