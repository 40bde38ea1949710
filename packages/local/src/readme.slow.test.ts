import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { startProgram } from "./testing/start-program.ts";
import { temporaryDirectory } from "./testing/temporary-directory.ts";

async function blocksIn(language: string): Promise<readonly (string | undefined)[]> {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  return [...readme.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "gs"))].map(([, text]) => text);
}

test("the README's example is the program that is run here, and prints what the README says", async () => {
  const example = await readFile(new URL("./testing/readme-example.ts", import.meta.url), "utf8");
  expect(await blocksIn("ts")).toEqual([example.replace('"../index.ts"', '"@spillway/local"')]);
  const program = startProgram("readme-example", [await temporaryDirectory()]);
  expect([await program.ended()]).toEqual(await blocksIn("text"));
});
