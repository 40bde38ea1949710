import { readFile } from "node:fs/promises";
import { expect, test, vi } from "vitest";

async function blocksIn(language: string): Promise<readonly (string | undefined)[]> {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  return [...readme.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "gs"))].map(([, text]) => text);
}

test("the README's example is the program that is run here, and prints what the README says", async () => {
  const printed: string[] = [];
  const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => printed.push(String(text)) > 0);
  await import("./testing/readme-example.ts");
  write.mockRestore();
  const example = await readFile(new URL("./testing/readme-example.ts", import.meta.url), "utf8");
  expect(await blocksIn("ts")).toEqual([example.replace('"../index.ts"', '"@spillway/memory"')]);
  expect([printed.join("")]).toEqual(await blocksIn("text"));
});
