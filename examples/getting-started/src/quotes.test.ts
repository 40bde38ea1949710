import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));
/** READMEs whose packages run their programs themselves. */
const heldAtHome = ["conformance", "local", "memory"];
const pages = [
  ...["README.md", "docs/getting-started.md", "docs/operators.md", "docs/writing-an-adapter.md"],
  ...readdirSync(`${root}packages`)
    .filter((name) => !heldAtHome.includes(name))
    .map((name) => `packages/${name}/README.md`),
];

describe("the code of the documentation", () => {
  const sources = readdirSync(`${root}examples`)
    .flatMap((example) => sourcesUnder(`${root}examples/${example}/src/`))
    .map((file) => readFileSync(file, "utf8"));

  it.each(pages)("stands word for word in a program under examples, as far as %s quotes TypeScript", (page) => {
    const quotes = [...readFileSync(root + page, "utf8").matchAll(/^```ts\n(.*?)^```/gms)].map((match) => match[1] ?? "");
    expect(quotes.length).toBeGreaterThan(0);
    expect(quotes.filter((quote) => !sources.some((source) => source.includes(quote)))).toEqual([]);
  });
});

function sourcesUnder(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => folder + name);
}
