import { parseArgs } from "node:util";
import { scorecard, scorecardTotals, type ScoredAdapter, type ScorecardRow } from "@spillway/conformance";
import { adapters, openAdapter } from "./adapters.ts";
import { writeDocuments } from "./documents.ts";
import { versionOf } from "./harnesses.ts";

const help = `Holds adapters to the contract and writes the scorecard to docs/conformance.md and docs/conformance.json.

  npm run conformance                 every adapter that needs no server; what is written of the others is kept
  npm run conformance -- --servers    the others too, each on its own server, which is started
  npm run conformance -- NAME …       these adapters
  npm run conformance -- --dry-run    writes nothing

Adapters: ${adapters.map(({ name }) => name).join(", ")}. Ends with 1 when a case fails.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: "boolean", default: false },
    "dry-run": { type: "boolean", default: false },
    servers: { type: "boolean", default: false },
  },
});
const unknown = positionals.filter((name) => !adapters.some((adapter) => adapter.name === name));

if (values.help) {
  console.log(help);
} else if (unknown.length > 0) {
  console.error(`Unknown adapter: ${unknown.join(", ")}.\n\n${help}`);
  process.exitCode = 2;
} else {
  await run(positionals);
}

async function run(names: readonly string[]): Promise<void> {
  const scored: ScoredAdapter[] = [];
  let broken = 0;
  for (const adapter of adapters) {
    if (names.length === 0 ? adapter.server !== undefined && !values.servers : !names.includes(adapter.name)) continue;
    try {
      const suites = await openAdapter(adapter);
      if ("why" in suites) console.log(`${adapter.name} is left out: ${suites.why}`);
      else scored.push({ adapter: adapter.name, version: await versionOf(adapter.name), concurrency: adapter.concurrency, suites });
    } catch (error) {
      broken += 1;
      console.error(`${adapter.name} could not be opened:`, error);
    }
  }
  const rows = await scorecard(scored, report);
  printTotals(rows);
  if (!values["dry-run"]) {
    await writeDocuments(
      rows,
      adapters.map(({ name }) => name),
    );
    console.log("Written to docs/conformance.md and docs/conformance.json.");
  }
  process.exitCode = broken > 0 || rows.some(({ score }) => score.result === "failed") ? 1 : 0;
}

function report({ suite, subject, case: name, score }: ScorecardRow): void {
  if (score.result === "failed") console.log(`FAILED  ${suite}, ${subject}: ${name}\n        ${score.why}`);
}

function printTotals(rows: readonly ScorecardRow[]): void {
  console.table(scorecardTotals(rows).map(({ version: _version, ...total }) => total));
}
