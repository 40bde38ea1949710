import { readFile, writeFile } from "node:fs/promises";
import { scorecardMarkdown, type ScorecardRow } from "@spillway/conformance";

/** Where a scorecard is written: JSON for programs, Markdown for people. */
export interface Documents {
  readonly json: URL;
  readonly markdown: URL;
}

const repository: Documents = {
  json: new URL("../../../docs/conformance.json", import.meta.url),
  markdown: new URL("../../../docs/conformance.md", import.meta.url),
};

/** An adapter, and the name of the server that it is run on. */
export interface Column {
  readonly name: string;
  readonly place: { readonly server: string | undefined };
}

/** Writes the new rows, and keeps what is written of adapters and servers that were not run this time. Resolves to all rows. */
export async function writeDocuments(
  rows: readonly ScorecardRow[],
  columns: readonly Column[],
  { json, markdown }: Documents = repository,
): Promise<readonly ScorecardRow[]> {
  const order = columns.map(({ name, place }) => columnOf(name, place.server));
  const placeOf = ({ adapter, server }: ScorecardRow): number => order.indexOf(columnOf(adapter, server?.name));
  const ran = new Set(rows.map(placeOf));
  const kept = (await writtenRows(json)).filter((row) => placeOf(row) >= 0 && !ran.has(placeOf(row)));
  const all = [...kept, ...rows].toSorted((a, b) => placeOf(a) - placeOf(b));
  // A row a line, so that a change of one case is a change of one line.
  await writeFile(json, `{ "v": 1, "rows": [\n${all.map((row) => JSON.stringify(row)).join(",\n")}\n] }\n`);
  await writeFile(markdown, `${preface}\n\n${scorecardMarkdown(all)}`);
  return all;
}

function columnOf(adapter: string, server: string | undefined): string {
  return JSON.stringify([adapter, server]);
}

async function writtenRows(json: URL): Promise<readonly ScorecardRow[]> {
  try {
    const written = JSON.parse(await readFile(json, "utf8")) as { readonly v: number; readonly rows: readonly ScorecardRow[] };
    return written.v === 1 ? written.rows : [];
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

const preface = `# Conformance

Every adapter is held to the same contract: the cases of \`@spillway/conformance\`, each a fact about a source, a sink or a store. This page is
written by \`npm run conformance\`, which runs them all; the same rows are in [conformance.json](conformance.json). The guarantees (G1 to G13) are
those of the semantics model.

A server is named with the version that the adapter was run on. "in-house fake" is tools/aws-fakes, which speaks the service's protocol and stands in for
what the servers for development cannot do; "none" needs no server.

A case is skipped only where the backend cannot do what the case is about, and says why. That the cases can tell a broken adapter from a good one is
proved too: each rejects at least one adapter that was broken on purpose (packages/memory/src/testing).`;
