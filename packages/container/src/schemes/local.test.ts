import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLocal, openLog } from "@spillway/local";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createBackends, type Backends } from "../backends.ts";
import { refused } from "../testing/refused.ts";
import { localScheme } from "./local.ts";

const { signal } = new AbortController();
const messages = [{ key: "k", value: new Uint8Array([1]) }];
let directory: string;
let backends: Backends;

beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), "spillway-local-scheme-")), "orders");
  backends = createBackends([localScheme()]);
});
afterEach(async () => {
  await backends.close();
  await rm(join(directory, ".."), { recursive: true });
});

/** How many partitions a log in the directory has. */
async function partitionsOf(log: string): Promise<number> {
  await using store = await openLocal({ directory });
  return (await openLog({ store, log })).partitions;
}

test("a log is made where there is none, named as its directory unless the URL names it", async () => {
  expect(await backends.open("source", `local:${directory}`, { consumer: "c" })).toMatchObject({ kind: "log", name: "orders" });
  await backends.open("sink", `local:${directory}?log=dead&partitions=2`);
  expect([await partitionsOf("orders"), await partitionsOf("dead")]).toEqual([4, 2]);
});

test("a log that is there keeps its partitions", async () => {
  await backends.open("sink", `local:${directory}?log=wide&partitions=7`);
  await backends.open("sink", `local:${directory}?log=wide`);
  expect(await partitionsOf("wide")).toBe(7);
  await expect(backends.open("sink", `local:${directory}?log=wide&partitions=3`)).rejects.toMatchObject({
    code: "SPILLWAY_INVALID_OPTIONS",
  });
});

test("a queue keeps the order of its keys unless the URL says otherwise", async () => {
  const sink = await backends.open("sink", `local:${directory}?queue=jobs`);
  expect(await sink.write(messages, { signal })).toEqual([{ ok: true }]);
  const source = await backends.open("source", `local:${directory}?queue=jobs&visibilityTimeoutMs=5000`);
  expect(source).toMatchObject({ kind: "queue", visibilityTimeoutMs: 5_000, traits: { keys: true } });
  expect(await backends.open("source", `local:${directory}?queue=any&order=none`)).toMatchObject({ traits: { keys: false } });
});

test("stores are those of the directory", async () => {
  const source = await backends.open("source", `local:${directory}?consumer=c`);
  const stores = await backends.open("stores", `local:${directory}`);
  expect(await stores.leases.list("any", { signal })).toEqual([]);
  expect(source).toMatchObject({ coordination: { by: "leases", consumer: "c" } });
});

test("a URL that names both kinds, or no directory, is refused", async () => {
  await expect(backends.open("source", `local:${directory}?queue=a&log=b`)).rejects.toEqual(refused("not both"));
  await expect(backends.open("sink", `local:${directory}?queue=a&log=b`)).rejects.toEqual(refused("not both"));
  await expect(backends.open("sink", "local:?log=a")).rejects.toEqual(refused("must name a directory"));
});

test("the store is closed with the backends", async () => {
  const sink = await backends.open("sink", `local:${directory}`);
  await backends.close();
  await expect(sink.write(messages, { signal })).rejects.toThrow("has been closed");
});
