import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { passes, toRow, type Answer, type Scenario } from "@spillway-tools/bench/bar";
import { measureApart } from "@spillway-tools/bench/measure-apart";
import { sayAnswer, sayHeading } from "@spillway-tools/bench/table";
import { endpointVariables, serversFor, type ServerName } from "@spillway-tools/servers";
import { suites } from "./scenarios.ts";

const help = `Measures the engine on a server against the client that one would use by hand.

  npm run bench -- --only kafka       on Apache Kafka, against kafkajs
  npm run bench -- --only sqs         on ElasticMQ, against the AWS SDK and sqs-consumer
  npm run bench -- --only kinesis     on kinesalite and DynamoDB Local, against the AWS SDK
                  --json FILE, --strict, --detail: as for npm run bench

Ratios are of the best round of each side: of CPU time of this process where the bar is about the rate, because on a busy machine the time on the wall
says more about the others. --detail has both.`;

const child = fileURLToPath(new URL("./child.js", import.meta.url));
/** Longer than any scenario takes on a busy machine. */
const limitMs = 400_000;

const { values } = parseArgs({
  options: {
    help: { type: "boolean", default: false },
    only: { type: "string", multiple: true, default: [] },
    json: { type: "string" },
    strict: { type: "boolean", default: false },
    detail: { type: "boolean", default: false },
  },
});
const chosen = Object.entries(suites).filter(([name]) => values.only.includes(name));

if (values.help || chosen.length < values.only.length || chosen.length === 0) {
  console.log(help);
  process.exitCode = values.help ? 0 : 2;
} else await measureAll();

async function measureAll(): Promise<void> {
  console.log(sayHeading());
  const answers: Answer[] = [];
  for (const [, { servers, scenarios }] of chosen) {
    if (!(await areStarted(servers))) continue;
    for (const [name, scenario] of Object.entries(scenarios)) answers.push(...(await answersOf(name, scenario)));
  }
  const missed = answers.filter((answer) => !passes(answer)).length;
  console.log(`\n${answers.length} bars, ${missed} missed.`);
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(answers.map(toRow), undefined, 2)}\n`);
  if (values.strict && missed > 0) process.exitCode = 1;
}

/** Starts servers for the scenarios' processes; false, with a word about it, where one cannot be had here. */
async function areStarted(names: readonly ServerName[]): Promise<boolean> {
  for (const name of names) {
    const server = await serversFor(name);
    if (server.skip !== undefined) return false;
    process.env[endpointVariables[name]] = server.endpoint;
  }
  return true;
}

async function answersOf(name: string, scenario: Scenario): Promise<readonly Answer[]> {
  const measured = await measureApart(name, { file: child, limitMs });
  const answers = scenario.bars.map((bar) => ({ bar, measured: measured.find((each) => each.name === bar.name) }));
  for (const answer of answers) console.log(sayAnswer(answer));
  if (values.detail) for (const detail of new Set(measured.map((each) => each.detail))) console.log(`  ${detail}`);
  return answers;
}
