import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { faultSuites } from "./fault-suites.ts";

const files = faultSuites.flatMap((suite) => suite.files);

test("every file that a suite names is there, so that none is left out in silence", () => {
  expect(files.filter((file) => !existsSync(new URL(`../../../${file}`, import.meta.url)))).toEqual([]);
});

test("a file belongs to one suite, and a name to one", () => {
  expect(new Set(files).size).toBe(files.length);
  expect(new Set(faultSuites.map(({ name }) => name)).size).toBe(faultSuites.length);
});
