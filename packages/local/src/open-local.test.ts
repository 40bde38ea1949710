import { expect, test } from "vitest";
import { openLocal } from "./open-local.ts";
import { openLog } from "./open-log.ts";
import { temporaryDirectory } from "./testing/temporary-directory.ts";

test.each([
  [undefined, "takes an object of options"],
  [{}, "needs the path of a directory"],
  [{ directory: "" }, "needs the path of a directory"],
  [{ directory: "x", durability: "fsync" }, 'durability must be one of "process-crash", "power-loss", not "fsync"'],
  [{ directory: "x", path: "y" }, 'does not know the option "path"'],
])("openLocal(%j) is refused", async (options, saying) => {
  await expect(openLocal(options as never)).rejects.toMatchObject({
    code: "SPILLWAY_INVALID_OPTIONS",
    failureClass: "fatal",
    message: expect.stringContaining(saying) as string,
  });
});

test("a store says where it is and what it promises", async () => {
  const directory = await temporaryDirectory();
  const one = await openLocal({ directory });
  const other = await openLocal({ directory, durability: "process-crash" });
  expect([one.durability, other.durability]).toEqual(["power-loss", "process-crash"]);
  expect(one.directory).toBe(other.directory);
  await one.close();
  await other[Symbol.asyncDispose]();
  await expect(openLog({ store: other, log: "log", partitions: 1 })).rejects.toMatchObject({ code: "SPILLWAY_STORE_UNAVAILABLE" });
});

test("closing waits for the writes that are under way", async () => {
  const directory = await temporaryDirectory();
  const store = await openLocal({ directory });
  const log = await openLog({ store, log: "log", partitions: 1 });
  await log.append([{ value: null }]);
  const writes = Array.from({ length: 50 }, (_, n) => log.append([{ value: Buffer.from(String(n)) }]));
  await store.close();
  const results = (await Promise.all(writes)).flat();
  expect(results.map((result) => result.ok && Number(result.position))).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
});

test("a call whose signal has aborted does nothing, and one that is aborted meanwhile rejects with the reason", async () => {
  const store = await openLocal({ directory: await temporaryDirectory() });
  const log = await openLog({ store, log: "log", partitions: 1 });
  const reason = new RangeError("enough");
  await expect(log.append([{ value: null }], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect(await log.state()).toMatchObject([{ appended: 0 }]);
  const controller = new AbortController();
  const append = log.append([{ value: null }], { signal: controller.signal });
  controller.abort(reason);
  await expect(append).rejects.toBe(reason);
  await store.close();
});
