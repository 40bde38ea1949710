import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const folder = fileURLToPath(new URL("./", import.meta.url));
const page = readFileSync(fileURLToPath(new URL("../../../docs/operators.md", import.meta.url)), "utf8");
const examples = [...page.matchAll(/^```ts\n(.*?)^```\n\n```text\n(.*?)^```/gms)].map(([, code = "", output = ""]) => ({ code, output }));
const programs = readdirSync(folder).filter((name) => name.endsWith(".ts") && !name.includes(".test.") && name !== "on-memory.ts");

test.each(programs)("docs/operators.md shows %s and what it prints", async (program) => {
  const source = readFileSync(folder + program, "utf8");
  const shown = examples.filter(({ code }) => source.endsWith(code));
  const { stdout } = await promisify(execFile)(process.execPath, [`${folder}../dist/${program.replace(/ts$/, "js")}`], { timeout: 60_000 });
  expect(shown.map(({ output }) => output)).toEqual([stdout]);
});
