import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { ScorecardRow } from "@spillway/conformance";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeDocuments, type Column, type Documents } from "./documents.ts";

let folder: string;
let documents: Documents;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "spillway-conformance-"));
  documents = { json: pathToFileURL(join(folder, "c.json")), markdown: pathToFileURL(join(folder, "c.md")) };
});

afterEach(() => rm(folder, { recursive: true }));

function row(adapter: string, version: string, server?: ScorecardRow["server"]): ScorecardRow {
  const score = { result: "passed" } as const;
  const subject = server === undefined ? adapter : `${adapter} on ${server.name}`;
  return { adapter, version, server, suite: "sink", subject, case: "it works", proves: "It does.", guarantee: "G1", score };
}

function column(name: string, server?: string): Column {
  return { name, place: { server } };
}

test("a scorecard keeps what is written of adapters that were not run", async () => {
  const order = [column("one"), column("two")];
  await writeDocuments([row("one", "1.0.0"), row("two", "1.0.0")], order, documents);
  const all = await writeDocuments([row("two", "2.0.0")], order, documents);
  expect(all.map(({ adapter, version }) => `${adapter} ${version}`)).toEqual(["one 1.0.0", "two 2.0.0"]);
  expect(JSON.parse(await readFile(documents.json, "utf8"))).toEqual({ v: 1, rows: JSON.parse(JSON.stringify(all)) as unknown });
  expect(await readFile(documents.markdown, "utf8")).toContain("| two | 2.0.0 | none | sink | two | 1 | 0 | 0 |");
});

test("a scorecard forgets adapters that are registered no more", async () => {
  await writeDocuments([row("gone", "1.0.0")], [column("gone")], documents);
  expect((await writeDocuments([row("one", "1.0.0")], [column("one")], documents)).map(({ adapter }) => adapter)).toEqual(["one"]);
});

test("what is written of an adapter's other servers is kept, and a server's newer version replaces its older one", async () => {
  const order = [column("one", "a"), column("one", "b")];
  await writeDocuments(
    [row("one", "1.0.0", { name: "b", version: "1" }), row("one", "1.0.0", { name: "a", version: "1" })],
    order,
    documents,
  );
  const all = await writeDocuments([row("one", "1.0.0", { name: "b", version: "2" })], order, documents);
  expect(all.map(({ server }) => server)).toEqual([
    { name: "a", version: "1" },
    { name: "b", version: "2" },
  ]);
  expect(await readFile(documents.markdown, "utf8")).toContain("| one | 1.0.0 | b 2 | sink | one on b | 1 | 0 | 0 |");
});
