import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const page = readFileSync(join(root, "docs/errors.md"), "utf8");

/** What the packages publish: without tests, and what only tests use. */
function sources(): readonly string[] {
  return readdirSync(join(root, "packages")).flatMap((name) =>
    readdirSync(join(root, "packages", name, "src"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !/\.test\.ts$|-harness\.ts$|(^|\/)testing\//.test(file))
      .map((file) => readFileSync(join(root, "packages", name, "src", file), "utf8")),
  );
}

/** The codes that the sources throw or act on; the names of environment variables begin in the same way. */
function codesInSources(): ReadonlySet<string> {
  return new Set(sources().flatMap((text) => [...text.matchAll(/(?<!\benv, )"(SPILLWAY_[A-Z_]*[A-Z])"/g)].map(([, code]) => code ?? "")));
}

/** The codes that the first column of a table names. */
function codesOnPage(): readonly string[] {
  return [...page.matchAll(/^\| `(SPILLWAY_[A-Z_]+)` \|/gm)].map(([, code]) => code ?? "");
}

test("every code in the sources has a row in docs/errors.md", () => {
  const documented = new Set(codesOnPage());
  expect([...codesInSources()].filter((code) => !documented.has(code))).toEqual([]);
});

test("docs/errors.md has no code that the sources do not have, and none twice", () => {
  const known = codesInSources();
  const documented = codesOnPage();
  expect(known.size).toBeGreaterThan(40);
  expect([...page.matchAll(/SPILLWAY_[A-Z_]*[A-Z]/g)].map(([code]) => code).filter((code) => !known.has(code))).toEqual([]);
  expect(documented).toHaveLength(new Set(documented).size);
});

test("every test that docs/errors.md names is there", () => {
  const named = [...page.matchAll(/\| `(packages\/\S+\.test\.ts)`(?:: (.+?))? \|$/gm)].map(([, file = "", name = ""]) => ({ file, name }));
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter(({ file, name }) => !existsSync(join(root, file)) || !readFileSync(join(root, file), "utf8").includes(name))).toEqual(
    [],
  );
});
