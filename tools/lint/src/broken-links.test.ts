import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { brokenLinks } from "./broken-links.mjs";

let root = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "broken-links-"));
  mkdirSync(join(root, "docs"));
  writeFileSync(join(root, "docs/guide.md"), "# The guide\n\n## Kill -9, again\n\n## Twice\n\n## Twice\n\n```md\n## Only code\n```\n");
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function broken(markdown: string): readonly string[] {
  writeFileSync(join(root, "docs/page.md"), markdown);
  return brokenLinks(root);
}

test.each([
  ["a file beside it", "[x](guide.md)"],
  ["a folder", "[x](../docs)"],
  ["a heading with punctuation", "[x](guide.md#kill--9-again)"],
  ["a heading that comes twice", "[x](guide.md#twice-1)"],
  ["a heading of its own", "# Here\n[x](#here)"],
  ["a file of the repository on the web", "[x](https://github.com/spillway/spillway/blob/main/docs/guide.md#the-guide)"],
  ["another place on the web", "[x](https://example.com/nothing)"],
  ["a link that is only code", "```md\n[x](nothing.md)\n```\nand `[x](nothing.md)`"],
])("a link to %s is no problem", (_what, markdown) => {
  expect(broken(markdown)).toEqual([]);
});

test.each([
  ["a file that is not there", "[x](nothing.md)", "there is no such file"],
  ["a heading that is not there", "[x](guide.md#nothing)", "there is no such heading"],
  ["a heading that is only code", "[x](guide.md#only-code)", "there is no such heading"],
  ["a file of the repository that is not there", "[x](https://github.com/spillway/spillway/tree/main/nothing)", "there is no such file"],
  ["a file by reference", "[x][y]\n\n[y]: nothing.md\n", "there is no such file"],
])("a link to %s is named with its page", (_what, markdown, problem) => {
  const problems = broken(markdown);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(/^docs\/page\.md: /);
  expect(problems[0]).toContain(problem);
});
