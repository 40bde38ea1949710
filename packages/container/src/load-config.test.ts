import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadConfig, urlOf } from "./load-config.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "spillway-config-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function fileWith(content: string): Promise<string> {
  const file = join(folder, "spillway.config.json");
  await writeFile(file, content);
  return file;
}

test("the environment alone is enough", async () => {
  const env = {
    SPILLWAY_BACKEND_ORDERS: "memory:orders",
    SPILLWAY_BACKEND_DEAD_LETTERS: "memory:dead",
    SPILLWAY_PIPELINES: "charges, refunds",
    OTHER: "x",
  };
  expect(await loadConfig({ env })).toEqual({
    backends: { orders: "memory:orders", "dead-letters": "memory:dead" },
    pipelines: ["charges", "refunds"],
  });
});

test("the environment wins over the file, whose spelling of names stands", async () => {
  const file = await fileWith('{"backends":{"deadLetters":"memory:a","orders":"memory:b"},"pipelines":["charges"]}');
  const config = await loadConfig({ file, env: { SPILLWAY_BACKEND_DEAD_LETTERS: "memory:c" } });
  expect(config).toEqual({ backends: { deadLetters: "memory:c", orders: "memory:b" }, pipelines: ["charges"] });
});

test("one variable names the backends of all names that have none of their own", async () => {
  const file = await fileWith('{"backends":{"orders":"memory:a"},"otherBackends":"memory:{name}"}');
  const config = await loadConfig({ file, env: { SPILLWAY_BACKENDS: "kafka://host/{name}?group={name}" } });
  expect([urlOf(config, "orders"), urlOf(config, "dead letters")]).toEqual([
    "memory:a",
    "kafka://host/dead%20letters?group=dead%20letters",
  ]);
  expect(urlOf(await loadConfig({ file, env: {} }), "dead")).toBe("memory:dead");
  expect(urlOf({ backends: {} }, "dead")).toBeUndefined();
});

test("an empty variable is one that is not set", async () => {
  const file = await fileWith('{"backends":{"orders":"memory:b"}}');
  expect(await loadConfig({ file, env: { SPILLWAY_BACKEND_ORDERS: "", SPILLWAY_PIPELINES: "" } })).toEqual({
    backends: { orders: "memory:b" },
  });
});

test.each([
  ["{", "cannot be read"],
  ["[]", "JSON object"],
  ['{"backend":{}}', 'Did you mean "backends"?'],
  ['{"backends":{"a":1}}', "a URL, as text"],
  ['{"pipelines":"charges"}', "a list of names"],
  ['{"otherBackends":{}}', "a URL, as text"],
])("%s is refused and says what to write", async (content, message) => {
  const file = await fileWith(content);
  await expect(loadConfig({ file, env: {} })).rejects.toThrow(message);
});

test("a file that is not there is refused", async () => {
  await expect(loadConfig({ file: join(folder, "none.json"), env: {} })).rejects.toMatchObject({ code: "SPILLWAY_INVALID_OPTIONS" });
});
