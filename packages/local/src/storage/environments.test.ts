import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { open } from "lmdb";
import { expect, test } from "vitest";
import { openLocal } from "../open-local.ts";
import { openLog } from "../open-log.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { formatKey } from "./keys.ts";

async function writeRaw(directory: string, key: Buffer, value: string): Promise<void> {
  const raw = open<Buffer, Buffer>(directory, { noSubdir: false, encoding: "binary", keyEncoding: "binary" });
  await raw.put(key, Buffer.from(value));
  await raw.close();
}

/** How opening a directory ends, and whether its file is what it was. */
async function opening(directory: string): Promise<unknown> {
  const file = join(directory, "data.mdb");
  const before = await readFile(file);
  const error = await openLocal({ directory }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { error, unchanged: (await readFile(file)).equals(before) };
}

function refused(saying: string): object {
  return { error: { code: "SPILLWAY_FORMAT", failureClass: "fatal", message: expect.stringContaining(saying) as string }, unchanged: true };
}

test("a store of a newer format is refused and left alone", async () => {
  const directory = await temporaryDirectory();
  await (await openLocal({ directory })).close();
  await writeRaw(directory, formatKey, '{"format":2}');
  expect(await opening(directory)).toMatchObject(refused("Upgrade @spillway/local"));
});

test("a store whose format cannot be read is refused and left alone", async () => {
  const directory = await temporaryDirectory();
  await (await openLocal({ directory })).close();
  await writeRaw(directory, formatKey, "?");
  expect(await opening(directory)).toMatchObject(refused("its format cannot be read"));
});

test("an LMDB file of somebody else is refused and left alone", async () => {
  const directory = await temporaryDirectory();
  await writeRaw(directory, Buffer.from("theirs"), "theirs");
  expect(await opening(directory)).toMatchObject(refused("not a Spillway store"));
});

test("a store that was refused can be opened once it is repaired", async () => {
  const directory = await temporaryDirectory();
  await (await openLocal({ directory })).close();
  await writeRaw(directory, formatKey, '{"format":2}');
  await expect(openLocal({ directory })).rejects.toMatchObject({ code: "SPILLWAY_FORMAT" });
  await writeRaw(directory, formatKey, '{"format":1}');
  const store = await openLocal({ directory });
  await store.close();
  expect(store.directory).toContain("spillway-local-test");
});

test("a lock file that is none is refused, and one of garbage is made anew", async () => {
  const [one, other] = [await temporaryDirectory(), await temporaryDirectory()];
  await mkdir(join(one, "lock.mdb"));
  await expect(openLocal({ directory: one })).rejects.toMatchObject({ code: "SPILLWAY_STORE_UNAVAILABLE", failureClass: "fatal" });
  await (await openLocal({ directory: other })).close();
  await writeFile(join(other, "lock.mdb"), Buffer.alloc(8_192, 0x5a));
  const store = await openLocal({ directory: other });
  await openLog({ store, log: "log", partitions: 1 });
  await store.close();
});

test("two stores of one directory in one process see each other's writes", async () => {
  const directory = await temporaryDirectory();
  const [one, other] = await Promise.all([openLocal({ directory }), openLocal({ directory, durability: "process-crash" })]);
  const log = await openLog({ store: one, log: "log", partitions: 1 });
  await log.append([{ value: Buffer.from("x") }]);
  await one.close();
  expect(await (await openLog({ store: other, log: "log" })).state()).toMatchObject([{ appended: 1 }]);
  await other.close();
});

test("a directory can be closed and opened again and again, also while it is closing", async () => {
  const directory = await temporaryDirectory();
  let appended = 0;
  for (let round = 0; round < 10; round += 1) {
    const store = await openLocal({ directory });
    const log = await openLog({ store, log: "log", partitions: 1 });
    await log.append([{ value: Buffer.from(String(round)) }]);
    const closing = store.close();
    const next = await openLocal({ directory });
    await closing;
    appended = (await (await openLog({ store: next, log: "log" })).state())[0]?.appended ?? 0;
    await next.close();
  }
  expect(appended).toBe(10);
});

test("a store that was closed refuses, and says so", async () => {
  const store = await openLocal({ directory: await temporaryDirectory() });
  const log = await openLog({ store, log: "log", partitions: 1 });
  await store.close();
  await store.close();
  await expect(log.state()).rejects.toMatchObject({ code: "SPILLWAY_STORE_UNAVAILABLE", failureClass: "fatal" });
  await expect(log.append([{ value: null }])).rejects.toMatchObject({ code: "SPILLWAY_STORE_UNAVAILABLE" });
});
