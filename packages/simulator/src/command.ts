import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { sayTally, tally } from "./tally.ts";
import { runScenario } from "./run-scenario.ts";
import { generateScenario } from "./scenario/generate-scenario.ts";
import type { Scenario } from "./scenario/scenario.ts";
import { shrinkScenario } from "./shrink-scenario.ts";

const help = `Runs the engine through seeded disasters in virtual time.

  --seeds N        how many seeds to run (1000)
  --from N         the first of them (1)
  --seed N         one seed: prints its history
  --scenario FILE  one scenario, as --shrink has written it
  --shrink FILE    with --seed: finds a smaller disaster that breaks the same promise, and writes it
  --keep-going     goes on after a seed that has failed
`;

/** Runs the program; resolves to its exit code. */
export async function main(args: readonly string[]): Promise<number> {
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
    process.stdout.write(help);
    return 0;
  }
  if (values.scenario !== undefined) return await showOne(JSON.parse(await readFile(values.scenario, "utf8")) as Scenario);
  if (values.seed === undefined) return await runMany(Number(values.from), Number(values.seeds), values["keep-going"]);
  const scenario = generateScenario(Number(values.seed));
  if (values.shrink === undefined) return await showOne(scenario);
  const shrunk = await shrinkScenario(scenario);
  await writeFile(values.shrink, `${JSON.stringify(shrunk, undefined, 2)}\n`);
  return await showOne(shrunk);
}

/** Prints the history of one run. */
async function showOne(scenario: Scenario): Promise<number> {
  const { violations, history, hash, facts } = await runScenario(scenario, { keepHistory: true });
  process.stdout.write(`${JSON.stringify(scenario)}\n\n${history.join("\n")}\n\n`);
  process.stdout.write(`${facts.messages} messages in ${Math.round(facts.virtualMs / 1_000)} s of virtual time, history ${hash}\n`);
  for (const { guarantee, says } of violations) process.stdout.write(`BROKEN ${guarantee}: ${says}\n`);
  return violations.length === 0 ? 0 : 1;
}

/** Runs seeds one after another, with a line of progress every few seconds. */
async function runMany(from: number, seeds: number, keepGoing: boolean): Promise<number> {
  // Stack traces are a quarter of the time, and nobody reads them here.
  Error.stackTraceLimit = 0;
  const counts = tally();
  let spokeAtMs = performance.now();
  for (let seed = from; seed < from + seeds; seed++) {
    const result = await runScenario(generateScenario(seed));
    counts.add(result);
    const [broken] = result.violations;
    if (broken !== undefined) {
      process.stdout.write(`seed ${seed} BREAKS ${broken.guarantee}: ${broken.says}\n  replay it: npm run simulate -- --seed ${seed}\n`);
      if (!keepGoing) break;
    }
    // Whatever else the process has to do gets its turn; and promises that nobody handles are noticed.
    await new Promise((resolve) => setImmediate(resolve));
    if (performance.now() - spokeAtMs < 5_000) continue;
    spokeAtMs = performance.now();
    process.stdout.write(`${seed - from + 1} of ${seeds} seeds, ${counts.seedsPerSecond().toFixed(0)} a second, ${counts.failed} failed\n`);
  }
  process.stdout.write(sayTally(counts));
  return counts.failed === 0 ? 0 : 1;
}
