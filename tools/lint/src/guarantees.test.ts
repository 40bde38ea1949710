import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const page = readFileSync(join(root, "docs/semantics.md"), "utf8");

/** The rows of the table of guarantees: the name of each, and what its last column names. */
const rows = [...page.matchAll(/^\| (G\d+) [^|]*\|[^|]*\| (.*) \|$/gm)].map(([, guarantee = "", proofs = ""]) => ({
  guarantee,
  proofs: proofs.split("<br>").map((proof) => {
    const [, folder = "", file = "", name = ""] = /^([a-z-]+) `([^`]+)`: (.+)$/.exec(proof) ?? [];
    return { proof, path: `${folder === "flights" ? "examples" : "packages"}/${folder}/src/${file}`, name };
  }),
}));

test("docs/semantics.md names a proof for each guarantee", () => {
  expect(rows.map(({ guarantee }) => guarantee)).toEqual(Array.from({ length: 13 }, (_, index) => `G${index + 1}`));
  expect(rows.filter(({ proofs }) => proofs.length === 0)).toEqual([]);
});

test("every test that docs/semantics.md names is there, in the file that it names", () => {
  const proofs = rows.flatMap((row) => row.proofs);
  const missing = proofs.filter(
    ({ path, name }) => name === "" || !existsSync(join(root, path)) || !readFileSync(join(root, path), "utf8").includes(name),
  );
  expect(missing).toEqual([]);
});
