import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { ScorecardRow } from "@spillway/conformance";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeDocuments, type Documents } from "./documents.ts";

let folder: string;
let documents: Documents;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "spillway-conformance-"));
  documents = { json: pathToFileURL(join(folder, "c.json")), markdown: pathToFileURL(join(folder, "c.md")) };
});

afterEach(() => rm(folder, { recursive: true }));

function row(adapter: string, version: string): ScorecardRow {
  const score = { result: "passed" } as const;
  return { adapter, version, suite: "sink", subject: adapter, case: "it works", proves: "It does.", guarantee: "G1", score };
}

test("a scorecard keeps what is written of adapters that were not run", async () => {
  const order = ["one", "two"];
  await writeDocuments([row("one", "1.0.0"), row("two", "1.0.0")], order, documents);
  const all = await writeDocuments([row("two", "2.0.0")], order, documents);
  expect(all.map(({ adapter, version }) => `${adapter} ${version}`)).toEqual(["one 1.0.0", "two 2.0.0"]);
  expect(JSON.parse(await readFile(documents.json, "utf8"))).toEqual({ v: 1, rows: all });
  expect(await readFile(documents.markdown, "utf8")).toContain("| two | 2.0.0 | sink | two | 1 | 0 | 0 |");
});

test("a scorecard forgets adapters that are registered no more", async () => {
  await writeDocuments([row("gone", "1.0.0")], ["gone"], documents);
  expect((await writeDocuments([row("one", "1.0.0")], ["one"], documents)).map(({ adapter }) => adapter)).toEqual(["one"]);
});
