import { manualClock } from "@spillway/conformance";
import type { PartitionId } from "@spillway/spec";
import { expect, test } from "vitest";
import { localSink } from "./local-sink.ts";
import { localSource } from "./local-source.ts";
import { blockKey } from "./log/block-keys.ts";
import { requireLog } from "./log/log-definition.ts";
import { accessTo, openLocal, type LocalStore } from "./open-local.ts";
import { openLog } from "./open-log.ts";
import { readBatches, readTexts } from "./testing/read-texts.ts";
import { temporaryDirectory } from "./testing/temporary-directory.ts";
import { temporaryStore } from "./testing/temporary-store.ts";

const zero = "0" as PartitionId;
const earliest = { at: "earliest" } as const;
const { signal } = new AbortController();

async function storeWithLog(): Promise<LocalStore> {
  const store = await temporaryStore();
  const log = await openLog({ store, log: "log", partitions: 1 });
  for (const text of ["a", "b", "c"]) await log.append([{ value: Buffer.from(text) }]);
  return store;
}

test.each([
  [{ log: "" }, "option log must be a name"],
  [{ consumer: "" }, "option consumer must be a name"],
  [{ group: "x" }, 'does not know the option "group"'],
  [{ store: undefined }, "must be what openLocal() resolves to"],
])("a source with %j is refused", async (options, saying) => {
  const store = await temporaryStore();
  expect(() => localSource({ store, log: "log", consumer: "reader", ...options } as never)).toThrow(saying);
});

test("a source or sink of a log that nobody has created says how to create it", async () => {
  const store = await temporaryStore();
  const refusal = {
    code: "SPILLWAY_INVALID_OPTIONS",
    failureClass: "fatal",
    message: expect.stringContaining("openLog({ store") as string,
  };
  await expect(localSource({ store, log: "none", consumer: "reader" }).partitions({ signal })).rejects.toMatchObject(refusal);
  await expect(localSink({ store, log: "none" }).write([{ value: null }], { signal })).rejects.toMatchObject(refusal);
});

test("a damaged block stops the reading with SPILLWAY_FORMAT instead of giving wrong messages", async () => {
  const store = await storeWithLog();
  await accessTo(store).write((database) => {
    const key = blockKey(requireLog(database, "log").id, 0, 1);
    const block = Buffer.from(database.get(key) ?? []);
    block[block.length - 1] = "B".charCodeAt(0);
    database.put(key, block);
  });
  const source = localSource({ store, log: "log", consumer: "reader" });
  await expect(readTexts(source, zero, earliest, 3)).rejects.toMatchObject({
    code: "SPILLWAY_FORMAT",
    message: expect.stringContaining('Block 1 of partition 0 of the log "log"') as string,
  });
});

test("a block that is gone stops the reading instead of skipping its messages", async () => {
  const store = await storeWithLog();
  await accessTo(store).write((database) => database.remove(blockKey(requireLog(database, "log").id, 0, 1)));
  const source = localSource({ store, log: "log", consumer: "reader" });
  expect(await readTexts(source, zero, earliest, 1)).toEqual(["a"]);
  await expect(readTexts(source, zero, earliest, 3)).rejects.toMatchObject({ code: "SPILLWAY_FORMAT" });
});

test("a batch says how far it is behind", async () => {
  const clock = manualClock();
  const store = await temporaryStore({ clock });
  const log = await openLog({ store, log: "log", partitions: 1 });
  for (let n = 0; n < 3; n += 1) {
    await log.append([{ value: Buffer.alloc(300_000, n) }]);
    await clock.advance(1_000);
  }
  const batches = await readBatches(localSource({ store, log: "log", consumer: "reader" }), zero, earliest, 3);
  expect(batches.map(({ behindMs }) => behindMs)).toEqual([2_000, 1_000, 0]);
});

test("a reader that waits when its store closes is woken and told", async () => {
  const store = await openLocal({ directory: await temporaryDirectory() });
  await openLog({ store, log: "log", partitions: 1 });
  const iterator = localSource({ store, log: "log", consumer: "reader" }).read(zero, { from: earliest, signal })[Symbol.asyncIterator]();
  expect((await iterator.next()).value).toMatchObject({ messages: [] });
  const waiting = iterator.next();
  await store.close();
  await expect(waiting).rejects.toMatchObject({ code: "SPILLWAY_STORE_UNAVAILABLE", failureClass: "fatal" });
});

test("two stores of one directory wake each other's readers without any time passing", async () => {
  const directory = await temporaryDirectory();
  const clock = manualClock();
  const one = await openLocal({ directory, clock });
  const other = await openLocal({ directory, clock });
  const log = await openLog({ store: one, log: "log", partitions: 1 });
  const source = localSource({ store: other, log: "log", consumer: "reader" });
  const iterator = source.read(zero, { from: earliest, signal })[Symbol.asyncIterator]();
  await iterator.next();
  const waiting = iterator.next();
  await log.append([{ value: Buffer.from("x") }]);
  expect((await waiting).value).toMatchObject({ messages: [{ position: "0" }] });
  await iterator.return?.();
  await one.close();
  await other.close();
});
