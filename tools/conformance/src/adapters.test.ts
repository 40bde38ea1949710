import { readdir, readFile } from "node:fs/promises";
import type { ScorecardRow } from "@spillway/conformance";
import { expect, test } from "vitest";
import { adapters } from "./adapters.ts";

const repository = new URL("../../../", import.meta.url);

/** The harnesses that a package exports for the scorecard; none where it has no such module. */
async function harnessesOf(name: string): Promise<readonly string[]> {
  const source = await readFile(new URL(`packages/${name}/src/conformance-harness.ts`, repository), "utf8").catch(() => "");
  return [...source.matchAll(/^export (?:const|function) (\w+)/gm)].map(([, harness = ""]) => harness);
}

test("every harness that a package exports is registered, and no other", async () => {
  const names = await readdir(new URL("packages/", repository));
  const exported = await Promise.all(names.map(async (name) => (await harnessesOf(name)).map((harness) => `${name} ${harness}`)));
  const registered = adapters.flatMap(({ name, subjects }) => subjects.map(({ harness }) => `${name} ${harness}`));
  expect(registered.toSorted()).toEqual(exported.flat().toSorted());
});

test("the scorecard as committed has every registered subject on its server, and no failure", async () => {
  const { rows } = JSON.parse(await readFile(new URL("docs/conformance.json", repository), "utf8")) as {
    readonly rows: readonly ScorecardRow[];
  };
  for (const { name, place, subjects } of adapters) {
    const own = rows.filter(({ adapter, server }) => adapter === name && server?.name === place.server);
    const scored = new Set(own.map(({ suite, subject }) => `${suite} ${subject}`));
    expect([name, place.server, scored.size]).toEqual([name, place.server, subjects.length]);
  }
  expect(rows.filter(({ score }) => score.result === "failed")).toEqual([]);
});
