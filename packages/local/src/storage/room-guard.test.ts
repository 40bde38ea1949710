import { statfsSync } from "node:fs";
import type * as fileSystem from "node:fs";
import type { PartitionId, Position } from "@spillway/spec";
import { beforeEach, expect, test, vi } from "vitest";
import { openLocal } from "../open-local.ts";
import { openLog } from "../open-log.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";

vi.mock("node:fs", async (importOriginal) => ({ ...(await importOriginal<typeof fileSystem>()), statfsSync: vi.fn() }));

/** Lets every file system have so much room. */
function haveFree(bavail: number, blocks = 1_000_000): void {
  vi.mocked(statfsSync).mockReturnValue({ type: 0, bsize: 4_096, blocks, bfree: bavail, bavail, files: 0, ffree: 0 });
}

beforeEach(() => haveFree(1_000_000));

async function filledLog() {
  const store = await openLocal({ directory: await temporaryDirectory(), durability: "process-crash" });
  const log = await openLog({ store, log: "log", partitions: 1 });
  for (let n = 0; n < 20; n += 1) await log.append([{ value: Buffer.alloc(10_000, n) }]);
  return { store, log };
}

test("a disk without room refuses an append before LMDB meets it, and takes it when there is room again", async () => {
  const { store, log } = await filledLog();
  haveFree(60);
  await expect(log.append([{ value: Buffer.from("x") }])).rejects.toMatchObject({
    code: "SPILLWAY_STORE_UNAVAILABLE",
    failureClass: "transient",
    message: expect.stringMatching(/no space is left \(240 KiB are free, and it may take \d+ KiB\)\. Free some/) as string,
  });
  expect(await log.state()).toMatchObject([{ appended: 20, held: 20 }]);
  haveFree(100);
  await log.append([{ value: Buffer.from("x") }]);
  await expect(log.append([{ value: Buffer.alloc(200_000) }])).rejects.toMatchObject({ code: "SPILLWAY_STORE_UNAVAILABLE" });
  haveFree(1_000);
  await log.append([{ value: Buffer.alloc(200_000) }]);
  expect(await log.state()).toMatchObject([{ appended: 22, held: 22 }]);
  await store.close();
});

test("a log can be trimmed on a full disk, and then takes what fits into the room that this has made", async () => {
  const { store, log } = await filledLog();
  haveFree(0);
  await log.trim("0" as PartitionId, "9" as Position);
  expect(await log.state()).toMatchObject([{ appended: 20, held: 10 }]);
  let appended = 0;
  const full = await (async () => {
    for (; ; appended += 1) await log.append([{ value: Buffer.alloc(10_000) }]);
  })().catch((error: unknown) => error);
  expect(full).toMatchObject({ code: "SPILLWAY_STORE_UNAVAILABLE" });
  expect(appended).toBeGreaterThan(2);
  expect(appended).toBeLessThan(10);
  await store.close();
});

test("a file system that does not say how much room there is refuses nothing", async () => {
  const { store, log } = await filledLog();
  haveFree(0, 0);
  await log.append([{ value: Buffer.from("x") }]);
  vi.mocked(statfsSync).mockImplementation(() => {
    throw new Error("ENOSYS: function not implemented, statfs");
  });
  await log.append([{ value: Buffer.from("y") }]);
  expect(await log.state()).toMatchObject([{ appended: 22 }]);
  await store.close();
});
