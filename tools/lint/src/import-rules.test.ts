import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { cruiseImports } from "./cruise-imports.mjs";

const workspaces: string[] = [];

afterEach(() => {
  for (const workspace of workspaces.splice(0)) rmSync(workspace, { recursive: true, force: true });
});

/** The names of the rules that a workspace of these packages breaks, when these files are added to it. */
async function broken(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const workspace = mkdtempSync(join(tmpdir(), "import-rules-"));
  workspaces.push(workspace);
  const all: Record<string, string> = { "package.json": JSON.stringify({ devDependencies: { vitest: "*" } }) };
  for (const name of ["spec", "core", "memory", "conformance", "kafka", "sqs", "container"]) {
    all[`packages/${name}/package.json`] = JSON.stringify({
      name: `@spillway/${name}`,
      exports: { ".": "./dist/index.js" },
      dependencies: { rxjs: "*", kafkajs: "*" },
    });
    all[`packages/${name}/src/index.ts`] = "export const value = 1;\n";
  }
  for (const name of ["rxjs", "kafkajs", "lodash", "vitest"]) {
    all[`node_modules/${name}/package.json`] = JSON.stringify({ name, main: "index.js" });
    all[`node_modules/${name}/index.js`] = "module.exports = {};\n";
  }
  for (const [path, text] of Object.entries({ ...all, ...files })) {
    mkdirSync(dirname(join(workspace, path)), { recursive: true });
    writeFileSync(join(workspace, path), text);
  }
  const { problems } = await cruiseImports(workspace);
  return [...new Set(problems.map((problem: string) => problem.split(":")[0] ?? ""))];
}

test("the allowed imports break no rule", async () => {
  const files = {
    "packages/kafka/src/source.ts":
      'import { value } from "@spillway/spec";\nimport kafkajs from "kafkajs";\nexport const pair = [value, kafkajs];\n',
    "packages/kafka/src/source.test.ts":
      'import { test } from "vitest";\nimport { value } from "@spillway/conformance";\nimport { pair } from "./source.ts";\ntest("it", () => [value, pair]);\n',
    "packages/core/src/run.ts": 'import rxjs from "rxjs";\nimport { value } from "@spillway/spec";\nexport const pair = [value, rxjs];\n',
    "packages/core/src/a.ts": 'import type { B } from "./b.ts";\nexport type A = B | 1;\n',
    "packages/core/src/b.ts": 'import type { A } from "./a.ts";\nexport type B = A | 2;\n',
    "packages/core/src/testing/clock.ts": 'export { value } from "@spillway/memory";\n',
    "packages/core/src/run.test.ts": 'import { value } from "@spillway/memory";\nexport const copy = value;\n',
    "packages/container/src/schemes/kafka.ts":
      'import { value } from "@spillway/kafka";\nimport kafkajs from "kafkajs";\nexport const kafka = [value, kafkajs];\n',
    "packages/container/src/schemes/kafka.test.ts": 'export * from "./kafka.ts";\nexport { value } from "@spillway/sqs";\n',
    "examples/flights/package.json": JSON.stringify({ name: "flights" }),
    "examples/flights/src/a.ts": 'export { kafka } from "@spillway/container/kafka";\n',
  };
  expect(await broken(files)).toEqual([]);
});

test.each([
  ["an adapter imports the engine", "kafka-packages", { "packages/kafka/src/a.ts": 'export { value } from "@spillway/core";\n' }],
  [
    "an adapter imports only a type of the engine",
    "kafka-packages",
    { "packages/kafka/src/a.ts": 'export type { value } from "@spillway/core";\n' },
  ],
  ["an adapter imports another adapter", "kafka-packages", { "packages/kafka/src/a.ts": 'export { value } from "@spillway/sqs";\n' }],
  [
    "an adapter imports another adapter when it is used",
    "kafka-packages",
    { "packages/kafka/src/a.ts": 'export const later = () => import("@spillway/sqs");\n' },
  ],
  [
    "an adapter's test imports the engine",
    "kafka-packages-in-tests",
    { "packages/kafka/src/a.test.ts": 'export { value } from "@spillway/core";\n' },
  ],
  ["an adapter imports rxjs", "kafka-npm", { "packages/kafka/src/a.ts": 'export * from "rxjs";\n' }],
  ["an adapter imports another adapter's client", "sqs-npm", { "packages/sqs/src/a.ts": 'export * from "kafkajs";\n' }],
  ["the spec imports anything", "spec-npm", { "packages/spec/src/a.ts": 'export * from "rxjs";\n' }],
  ["the spec imports another package", "spec-packages", { "packages/spec/src/a.ts": 'export { value } from "@spillway/memory";\n' }],
  ["the engine imports a broker's client", "core-npm", { "packages/core/src/a.ts": 'export * from "kafkajs";\n' }],
  ["the engine names a broker", "core-names-no-broker", { "packages/core/src/a.ts": 'export const kinds = ["kinesis"];\n' }],
  ["the engine imports an adapter", "core-packages", { "packages/core/src/a.ts": 'export { value } from "@spillway/kafka";\n' }],
  [
    "the engine uses memory outside of its tests",
    "core-packages",
    { "packages/core/src/a.ts": 'export { value } from "@spillway/memory";\n' },
  ],
  [
    "the container's index leads to a backend",
    "container-leads-to-no-entry",
    {
      "packages/container/src/index.ts": 'export * from "./schemes/kafka.ts";\n',
      "packages/container/src/schemes/kafka.ts": "export const kafka = 1;\n",
    },
  ],
  [
    "one backend of the container leads to another",
    "container-leads-to-no-entry",
    {
      "packages/container/src/schemes/kafka.ts": 'export * from "./sqs.ts";\n',
      "packages/container/src/schemes/sqs.ts": "export const sqs = 1;\n",
    },
  ],
  [
    "what backends share imports an adapter",
    "container-packages",
    { "packages/container/src/schemes/a.ts": 'export * from "@spillway/kafka";\n' },
  ],
  [
    "a backend of the container imports another's adapter",
    "container-entry-packages",
    { "packages/container/src/schemes/sqs.ts": 'export * from "@spillway/kafka";\n' },
  ],
  [
    "a backend of the container imports another's client",
    "container-entry-npm",
    { "packages/container/src/schemes/sqs.ts": 'export * from "kafkajs";\n' },
  ],
  [
    "conformance imports the engine",
    "conformance-packages",
    { "packages/conformance/src/a.ts": 'export { value } from "@spillway/core";\n' },
  ],
  ["a package names what it does not declare", "no-undeclared-npm", { "packages/kafka/src/a.ts": 'export * from "lodash";\n' }],
  ["a module does not exist", "no-unknown-modules", { "packages/kafka/src/a.ts": 'export * from "./nowhere.ts";\n' }],
  [
    "a package reaches into another by its name",
    "no-unknown-modules",
    { "packages/kafka/src/a.ts": 'export * from "@spillway/spec/src/message.ts";\n' },
  ],
  [
    "a package reaches into another by its path",
    "no-insides-of-another-package",
    { "packages/spec/src/b.ts": "export const b = 1;\n", "packages/kafka/src/a.ts": 'export * from "../../spec/src/b.ts";\n' },
  ],
  [
    "a package names another's index by its path",
    "no-relative-way-into-another-package",
    { "packages/kafka/src/a.ts": 'export * from "../../spec/src/index.ts";\n' },
  ],
  [
    "two files import each other",
    "no-cycles",
    { "packages/core/src/a.ts": 'export * from "./b.ts";\n', "packages/core/src/b.ts": 'import "./a.ts";\nexport const b = 1;\n' },
  ],
  [
    "sources import a test",
    "no-tests-in-sources",
    { "packages/core/src/a.test.ts": "export const a = 1;\n", "packages/core/src/b.ts": 'export * from "./a.test.ts";\n' },
  ],
  [
    "a package imports an example",
    "no-examples-in-packages",
    {
      "examples/flights/src/a.ts": "export const a = 1;\n",
      "packages/core/src/b.ts": 'export * from "../../../examples/flights/src/a.ts";\n',
    },
  ],
  [
    "a package's sources import a tool",
    "no-tools-in-sources",
    {
      "tools/servers/src/index.ts": "export const a = 1;\n",
      "packages/core/src/b.ts": 'export * from "@spillway-tools/servers";\n',
    },
  ],
  [
    "a package is not in the graph",
    "packages/rabbit is not in tools/lint/src/package-graph.mjs",
    { "packages/rabbit/src/index.ts": "export const a = 1;\n" },
  ],
])("when %s, the rule %s says so", async (_what, rule, files) => {
  expect(await broken(files)).toContain(rule);
});
