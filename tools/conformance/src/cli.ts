import { parseArgs } from "node:util";
import { scorecard, scorecardText, scorecardTotals, type ScorecardRow } from "@spillway/conformance";
import { adapters, type RegisteredAdapter } from "./adapters.ts";
import { writeDocuments } from "./documents.ts";
import { loadHarnesses } from "./harnesses.ts";
import { manifestOf } from "./manifest.ts";

const names = [...new Set(adapters.map(({ name }) => name))];
const help = `Holds adapters to the contract, prints the scorecard, and writes it to docs/conformance.md and docs/conformance.json.

  npm run conformance                 every adapter that needs no server; what is written of the others is kept
  npm run conformance -- --servers    the others too, on each of their servers and fakes, which are started
  npm run conformance -- NAME …       these adapters, on all of theirs
  npm run conformance -- --dry-run    writes nothing

Adapters: ${names.join(", ")}. Ends with 1 when a case fails.`;

const { values, positionals } = parse();
const unknown = positionals.filter((name) => !names.includes(name));

if (values.help) {
  console.log(help);
} else if (unknown.length > 0) {
  console.error(`Unknown adapter: ${unknown.join(", ")}.\n\n${help}`);
  process.exitCode = 2;
} else {
  await run(adapters.filter(isAskedFor));
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        help: { type: "boolean", default: false },
        "dry-run": { type: "boolean", default: false },
        servers: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
    process.exit(2);
  }
}

function isAskedFor({ name, place }: RegisteredAdapter): boolean {
  return positionals.length === 0 ? place.server === undefined || values.servers : positionals.includes(name);
}

async function run(chosen: readonly RegisteredAdapter[]): Promise<void> {
  const rows: ScorecardRow[] = [];
  let broken = 0;
  for (const adapter of chosen) {
    try {
      rows.push(...(await scoreOf(adapter)));
    } catch (error) {
      broken += 1;
      console.error(`${titleOf(adapter)} could not be opened:`, error);
    }
  }
  if (rows.length > 0) console.log(`${scorecardText(rows)}\n`);
  console.table(scorecardTotals(rows).map(({ version: _version, server: _server, ...total }) => total));
  if (!values["dry-run"]) {
    await writeDocuments(rows, adapters);
    console.log("Written to docs/conformance.md and docs/conformance.json.");
  }
  process.exitCode = broken > 0 || rows.some(({ score }) => score.result === "failed") ? 1 : 0;
}

/** Its rows; none, and a word about it, where its server cannot be had here. */
async function scoreOf(adapter: RegisteredAdapter): Promise<readonly ScorecardRow[]> {
  const { name, place, concurrency, subjects } = adapter;
  const { version } = await manifestOf(`packages/${name}`);
  const opened = await place.open();
  if ("why" in opened) {
    console.log(`${titleOf(adapter)} is left out: ${opened.why}`);
    return [];
  }
  const { server, endpoint, close } = opened;
  try {
    const module = await loadHarnesses(name);
    const suites = subjects.map(({ bind }) => bind(module, endpoint));
    return await scorecard([{ adapter: name, version, server, concurrency, suites }], report);
  } finally {
    await close();
  }
}

function titleOf({ name, place }: RegisteredAdapter): string {
  return place.server === undefined ? name : `${name} on ${place.server}`;
}

function report({ suite, subject, case: name, score }: ScorecardRow): void {
  if (score.result === "failed") console.log(`FAILED  ${suite}, ${subject}: ${name}\n        ${score.why}`);
}
