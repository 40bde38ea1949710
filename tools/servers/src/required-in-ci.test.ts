import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";

const folder = new URL("../../../.github/workflows/", import.meta.url);

/** The jobs of a workflow, each as its text. */
async function jobs(workflow: string): Promise<readonly string[]> {
  const text = await readFile(new URL(workflow, folder), "utf8");
  return (text.split(/^jobs:\n/m)[1] ?? "").split(/^(?= {2}[\w-]+:\n)/m);
}

test.each([
  ["ci.yml", "npm test", /SPILLWAY_REQUIRE_SERVERS: \$\{\{ matrix\.os == 'ubuntu-latest' && '1' \|\| '' \}\}/],
  ["ci.yml", "bash .ci/run", /SPILLWAY_REQUIRE_SERVERS: "1"/],
  ["release.yml", "bash .ci/run", /SPILLWAY_REQUIRE_SERVERS: "1"/],
])("in %s, %s fails on Linux when a server is missing, and has the Java that servers need", async (workflow, command, required) => {
  const running = (await jobs(workflow)).filter((job) => job.includes(`- run: ${command}\n`));
  expect(running).toHaveLength(1);
  for (const job of running) {
    const [before = "", after = ""] = job.split(`- run: ${command}\n`);
    expect(before).toMatch(/uses: actions\/setup-java@v4\n\s+with:\n\s+distribution: temurin\n\s+java-version: 17\n/);
    // The step's own environment, and not a later step's.
    expect(after.split(/^ {6}- /m)[0]).toMatch(required);
  }
});
