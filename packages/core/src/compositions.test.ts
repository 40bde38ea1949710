import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const folder = fileURLToPath(new URL("../type-tests/", import.meta.url));

/** Type-checks the programs of a folder; gives the names of those with an error. */
function filesWithErrors(): Promise<ReadonlySet<string>> {
  const compiler = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
  return new Promise((resolve) => {
    execFile(process.execPath, [compiler, "-p", folder, "--pretty", "false"], { cwd: folder }, (_error, output) => {
      resolve(new Set([...output.matchAll(/^(?:.*\/)?([\w-]+)\.ts\(\d+,\d+\): error/gm)].map((match) => match[1] as string)));
    });
  });
}

test("wrong compositions do not compile, and right ones do", async () => {
  const wrong = readdirSync(join(folder, "wrong")).map((name) => name.replace(/\.ts$/, ""));
  expect(wrong.length).toBeGreaterThanOrEqual(9);
  expect([...(await filesWithErrors())].sort()).toEqual(wrong.sort());
}, 60_000);
