import { expect, test } from "vitest";
import type { BoundCase, BoundSuite } from "../kit/bound-suite.ts";
import { scorecardMarkdown } from "./scorecard-markdown.ts";
import { scorecardText } from "./scorecard-text.ts";
import { scorecardTotals } from "./scorecard-totals.ts";
import { scorecard, type ScoredAdapter } from "./scorecard.ts";

const passing: BoundCase = { name: "it works", proves: "It does.", guarantee: "G1", skip: undefined, run: async () => undefined };
const failing: BoundCase = { ...passing, name: "it fails", run: () => Promise.reject(new Error("a | b")) };
const skipped: BoundCase = { ...passing, name: "it lacks", skip: "it cannot" };

function adapter(name: string, cases: readonly BoundCase[]): ScoredAdapter {
  const suite: BoundSuite = { suite: "sink", subject: `${name} log`, deadlineMs: 1_000, cases };
  return {
    adapter: name,
    version: "1.2.3",
    server: name === "one" ? { name: "broker", version: "4.5" } : undefined,
    concurrency: 2,
    suites: [suite],
  };
}

test("a scorecard has a row for each case of each adapter, with what became of it and why", async () => {
  const seen: string[] = [];
  const rows = await scorecard([adapter("one", [passing, failing, skipped])], (row) => seen.push(row.case));
  expect(rows.map(({ score }) => score)).toEqual([
    { result: "passed" },
    { result: "failed", why: "a | b" },
    { result: "skipped", why: "it cannot" },
  ]);
  expect(seen).toEqual(["it works", "it fails", "it lacks"]);
  expect(rows[0]).toMatchObject({
    adapter: "one",
    version: "1.2.3",
    server: { name: "broker", version: "4.5" },
    suite: "sink",
    subject: "one log",
    guarantee: "G1",
    proves: "It does.",
  });
});

test("totals count each subject of each suite by itself", async () => {
  const totals = scorecardTotals(await scorecard([adapter("one", [passing, failing, skipped]), adapter("two", [passing])]));
  expect(totals.map(({ adapter: name, passed, failed, skipped }) => [name, passed, failed, skipped])).toEqual([
    ["one", 1, 1, 1],
    ["two", 1, 0, 0],
  ]);
});

test("the Markdown has a column for each subject and a numbered reason for what did not pass", async () => {
  const rows = await scorecard([adapter("one", [passing, failing, skipped]), adapter("two", [passing])]);
  expect(scorecardMarkdown(rows)).toBe(
    [
      "| adapter | version | server | suite | subject | passed | failed | skipped |",
      "| --- | --- | --- | --- | --- | --- | --- | --- |",
      "| one | 1.2.3 | broker 4.5 | sink | one log | 1 | 1 | 1 |",
      "| two | 1.2.3 | none | sink | two log | 1 | 0 | 0 |",
      "",
      "## Sink",
      "",
      "| case | guarantee | one log | two log |",
      "| --- | --- | --- | --- |",
      "| it works | G1 | passed | passed |",
      "| it fails | G1 | **FAILED** (1) | not run |",
      "| it lacks | G1 | skipped (2) | not run |",
      "",
      "1. a \\| b",
      "2. it cannot",
      "",
    ].join("\n"),
  );
});

test("the text has a letter for each subject, and says of each case on each whether it passed, and why not", async () => {
  const rows = await scorecard([adapter("one", [passing, failing, skipped]), adapter("two", [passing, skipped])]);
  expect(scorecardText(rows)).toBe(
    [
      "sink: A one log, B two log",
      "   A  B",
      "   .  .  G1   it works",
      "  1!  -  G1   it fails",
      "   2  2  G1   it lacks",
      "  1: failed: a | b",
      "  2: skipped: it cannot",
    ].join("\n"),
  );
});

test("the text has letters for more subjects than there are in the alphabet", async () => {
  const rows = await scorecard(Array.from({ length: 28 }, (_, index) => adapter(`a${index}`, [passing])));
  expect(scorecardText(rows)).toContain("Z a25 log, AA a26 log, AB a27 log");
});
