import { writeFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import { passes, toRow, type Answer, type Measured, type Scenario } from "./bar.ts";
import { measureApart } from "./measure-apart.ts";
import { overProcesses } from "./over-processes.ts";
import { prices, scenarios } from "./scenarios.ts";
import { sayAnswer, sayHeading } from "./table.ts";

const bars = Object.values({ ...scenarios, ...prices }).flatMap((scenario) => scenario.bars);
const help = `Measures the engine against hand-written loops and prints each bar with what was measured.

  npm run bench                       all of it: some minutes
  npm run bench -- --only NAME        the scenario that answers this bar or price; may be given several times
  npm run bench -- --prices           what parts of a pipeline cost, instead: no bars
  npm run bench -- --json FILE        also writes { name, ratio, bar, unit, spread, pass } for each bar
  npm run bench -- --strict           ends with 1 when a bar is missed; without it, the run only reports
  npm run bench -- --only kafka       on Apache Kafka, which it starts; likewise --only sqs, on ElasticMQ, and --only kinesis, on kinesalite
  npm run bench -- --detail           also prints the figures behind each bar

Bars: ${namesIn(scenarios)}.
Prices: ${namesIn(prices)}.`;

const values = parse();
const unknown = values.only.filter((name) => !bars.some((bar) => bar.name === name));

if (values.help) console.log(help);
else if (unknown.length > 0) {
  console.error(`Unknown bar: ${unknown.join(", ")}.\n\n${help}`);
  process.exitCode = 2;
} else await measureAll();

function parse() {
  try {
    return parseArgs({
      options: {
        help: { type: "boolean", default: false },
        only: { type: "string", multiple: true, default: [] },
        prices: { type: "boolean", default: false },
        json: { type: "string" },
        strict: { type: "boolean", default: false },
        detail: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
    process.exit(2);
  }
}

async function measureAll(): Promise<void> {
  console.log(
    `Node ${process.version}, ${availableParallelism()} × ${cpus()[0]?.model.trim() ?? "unknown CPU"}; ratios of CPU time, median of the rounds.\n`,
  );
  console.log(sayHeading());
  const answers: Answer[] = [];
  for (const [name, scenario] of asked()) {
    answers.push(...(await answersOf(name, scenario)));
  }
  const missed = answers.filter((answer) => !passes(answer)).length;
  if (!values.prices) console.log(`\n${answers.length} bars, ${missed} missed.`);
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(answers.map(toRow), undefined, 2)}\n`);
  if (values.strict && missed > 0) process.exitCode = 1;
}

function asked(): readonly (readonly [string, Scenario])[] {
  const all = Object.entries({ ...scenarios, ...prices });
  if (values.only.length > 0) return all.filter(([, scenario]) => scenario.bars.some(({ name }) => values.only.includes(name)));
  return Object.entries(values.prices ? prices : scenarios);
}

function namesIn(group: Readonly<Record<string, Scenario>>): string {
  return Object.values(group)
    .flatMap((scenario) => scenario.bars.map(({ name }) => name))
    .join(", ");
}

async function answersOf(name: string, scenario: Scenario): Promise<readonly Answer[]> {
  const runs: (readonly Measured[])[] = [];
  for (let process = 0; process < (scenario.processes ?? 1); process++) runs.push(await measureApart(name));
  const measured = overProcesses(runs);
  const answers = scenario.bars.map((bar) => ({ bar, measured: measured.find((each) => each.name === bar.name) }));
  for (const answer of answers) console.log(sayAnswer(answer));
  if (values.detail) for (const detail of new Set(measured.map((each) => each.detail))) console.log(`  ${detail}`);
  return answers;
}
