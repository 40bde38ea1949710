import { copyFile, mkdir, open, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openLocal } from "../open-local.ts";
import { openLog } from "../open-log.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";

/** A store with some messages in it, closed. Resolves to its data file. */
async function filledFile(): Promise<string> {
  const directory = await temporaryDirectory();
  const store = await openLocal({ directory });
  const log = await openLog({ store, log: "log", partitions: 1 });
  for (let n = 0; n < 5; n += 1) await log.append(Array.from({ length: 200 }, () => ({ value: Buffer.alloc(1_000, n) })));
  await store.close();
  return join(directory, "data.mdb");
}

/** How opening the directory of a file ends, and whether the file is what it was. */
async function opening(file: string): Promise<unknown> {
  const before = await readFile(file);
  const error = await openLocal({ directory: join(file, "..") }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { error, unchanged: (await readFile(file)).equals(before) };
}

function refused(saying: string): object {
  return { error: { code: "SPILLWAY_FORMAT", failureClass: "fatal", message: expect.stringContaining(saying) as string }, unchanged: true };
}

async function overwrite(file: string, at: number, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, "r+");
  await handle.write(bytes, 0, bytes.length, at);
  await handle.close();
}

test("a file of garbage is refused and left alone", async () => {
  const file = join(await temporaryDirectory(), "data.mdb");
  await writeFile(file, Buffer.alloc(50_000, "garbage"));
  expect(await opening(file)).toMatchObject(refused("not an LMDB file"));
});

test("an empty file is refused: it may be what is left of a store", async () => {
  const file = join(await temporaryDirectory(), "data.mdb");
  await writeFile(file, "");
  expect(await opening(file)).toMatchObject(refused("it is empty"));
});

test.each([1, 100, 4_096, 4_200])("a file cut to %i bytes is refused", async (bytes) => {
  const file = await filledFile();
  await truncate(file, bytes);
  expect(await opening(file)).toMatchObject(refused("first pages are missing"));
});

test("a file that lost its end is refused, wherever it was cut", async () => {
  const file = await filledFile();
  const { size } = await stat(file);
  for (const part of [0.9, 0.5, 0.2, 0.02]) {
    const cut = join(await temporaryDirectory(), "data.mdb");
    await copyFile(file, cut);
    await truncate(cut, Math.max(Math.floor(size * part), 8_192));
    expect(await opening(cut)).toMatchObject(refused("cut short"));
  }
});

test("a first page that was overwritten is refused", async () => {
  const file = await filledFile();
  await overwrite(file, 0, Buffer.alloc(4_096, 0xee));
  expect(await opening(file)).toMatchObject(refused("not an LMDB file"));
});

test("a data version of LMDB that this release does not read is refused", async () => {
  const file = await filledFile();
  await overwrite(file, 28, Buffer.from([9, 0, 0, 0]));
  expect(await opening(file)).toMatchObject(refused("data version 9"));
});

test("a sound file is opened again, with all that is in it", async () => {
  const file = await filledFile();
  const store = await openLocal({ directory: join(file, "..") });
  const log = await openLog({ store, log: "log" });
  expect(await log.state()).toMatchObject([{ appended: 1_000, held: 1_000 }]);
  await store.close();
});

test("a directory in the place of the data file is refused", async () => {
  const directory = await temporaryDirectory();
  await mkdir(join(directory, "data.mdb"));
  await expect(openLocal({ directory })).rejects.toMatchObject({
    code: expect.stringMatching(/FORMAT|UNAVAILABLE/) as string,
    failureClass: "fatal",
  });
});
