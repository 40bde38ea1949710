import { manualClock } from "@spillway/conformance";
import type { PartitionId, Position } from "@spillway/spec";
import { describe, expect, test } from "vitest";
import { localSource } from "./local-source.ts";
import { openLog } from "./open-log.ts";
import { readBatches, readTexts } from "./testing/read-texts.ts";
import { temporaryStore } from "./testing/temporary-store.ts";

const zero = "0" as PartitionId;
const earliest = { at: "earliest" } as const;
const message = (text: string): { readonly value: Buffer } => ({ value: Buffer.from(text) });

describe("what cannot work is refused", () => {
  test.each([
    [{ partitions: 0 }, "partitions must be a whole number from 1 to 1024, not 0"],
    [{ partitions: 1.5 }, "partitions must be a whole number"],
    [{ partitions: 2_000 }, "partitions must be a whole number"],
    [{ log: "" }, "must be a name"],
    [{ log: "x".repeat(256) }, "256 bytes"],
    [{ retention: {} }, "retention says nothing"],
    [{ retention: { maxAgeMs: -1 } }, "retention.maxAgeMs"],
    [{ retention: { maxBytesPerPartition: 0 } }, "retention.maxBytesPerPartition"],
    [{ retention: { maxAge: 1 } }, 'does not know the option "maxAge"'],
    [{ partition: 3 }, 'does not know the option "partition"'],
    [{ store: {} }, "must be what openLocal() resolves to"],
    [{}, "does not exist yet"],
  ])("openLog with %j", async (options, saying) => {
    const store = await temporaryStore();
    await expect(openLog({ store, log: "log", ...options } as never)).rejects.toMatchObject({
      code: "SPILLWAY_INVALID_OPTIONS",
      failureClass: "fatal",
      message: expect.stringContaining(saying) as string,
    });
  });

  test("another number of partitions, and the log keeps its own", async () => {
    const store = await temporaryStore();
    await openLog({ store, log: "log", partitions: 4 });
    await expect(openLog({ store, log: "log", partitions: 5 })).rejects.toMatchObject({
      code: "SPILLWAY_INVALID_OPTIONS",
      message: expect.stringContaining("has 4 partitions and cannot be opened with 5") as string,
    });
    expect((await openLog({ store, log: "log" })).partitions).toBe(4);
  });

  test("a partition that the log does not have", async () => {
    const log = await openLog({ store: await temporaryStore(), log: "log", partitions: 2 });
    for (const partition of ["2", "-1", "x", "01"] as PartitionId[]) {
      await expect(log.append([message("x")], { partition })).rejects.toMatchObject({ code: "SPILLWAY_INVALID_OPTIONS" });
    }
  });

  test("more messages than one append takes", async () => {
    const log = await openLog({ store: await temporaryStore(), log: "log", partitions: 1 });
    await expect(log.append(new Array(10_001).fill(message("x")))).rejects.toMatchObject({ code: "SPILLWAY_INVALID_OPTIONS" });
  });

  test("one message that can never be stored costs the others nothing", async () => {
    const log = await openLog({ store: await temporaryStore(), log: "log", partitions: 1 });
    const results = await log.append([message("a"), { value: Buffer.alloc(17 * 1024 * 1024) }, { value: "text" as never }, message("b")]);
    expect(results).toMatchObject([
      { ok: true, position: "0" },
      { ok: false, error: { code: "SPILLWAY_OVERSIZE", failureClass: "permanent" } },
      { ok: false, error: { code: "SPILLWAY_INVALID_OPTIONS", failureClass: "permanent" } },
      { ok: true, position: "1" },
    ]);
  });
});

test("a partition that is named takes the messages whatever their keys", async () => {
  const log = await openLog({ store: await temporaryStore(), log: "log", partitions: 3 });
  const keys = ["a", "b", "c", "d", "e", undefined];
  const results = await log.append(
    keys.map((key) => ({ key, value: null })),
    { partition: "2" as PartitionId },
  );
  expect(results.map((result) => result.ok && [result.partition, result.position])).toEqual(keys.map((_, n) => ["2", String(n)]));
});

test("a size bounds what a partition keeps, and a reader that fell behind is told how many it lost", async () => {
  const store = await temporaryStore();
  const log = await openLog({ store, log: "log", partitions: 1, retention: { maxBytesPerPartition: 10_000 } });
  for (let n = 0; n < 50; n += 1) await log.append([{ value: Buffer.alloc(1_000, n) }]);
  const [state] = await log.state();
  expect(state?.bytes).toBeLessThanOrEqual(10_000);
  expect(state?.held).toBeGreaterThan(5);
  const source = localSource({ store, log: "log", consumer: "late" });
  const [batch] = await readBatches(source, zero, { at: "after", position: "9" as Position }, 1);
  expect(batch?.lost).toMatchObject({ count: 50 - (state?.held ?? 0) - 10 });
  expect(batch?.messages).toHaveLength(state?.held ?? 0);
});

test("an age bounds what a partition keeps, and the newest messages stay however old", async () => {
  const clock = manualClock();
  const store = await temporaryStore({ clock });
  const log = await openLog({ store, log: "log", partitions: 1, retention: { maxAgeMs: 1_000 } });
  await log.append([message("old")]);
  await clock.advance(900);
  await log.append([message("young")]);
  await clock.advance(900);
  await log.append([message("new")]);
  const source = localSource({ store, log: "log", consumer: "reader" });
  expect(await readTexts(source, zero, earliest, 2)).toEqual(["young", "new"]);
  await clock.advance(1_000_000);
  await log.append([message("last")]);
  expect(await readTexts(source, zero, earliest, 1)).toEqual(["last"]);
});

test("a retention that is named later holds from then on, also for those who opened the log before", async () => {
  const store = await temporaryStore();
  const log = await openLog({ store, log: "log", partitions: 1 });
  for (let n = 0; n < 20; n += 1) await log.append([{ value: Buffer.alloc(1_000, n) }]);
  await openLog({ store, log: "log", retention: { maxBytesPerPartition: 3_500 } });
  await log.append([{ value: Buffer.alloc(1_000) }]);
  expect(await log.state()).toMatchObject([{ appended: 21, held: 3 }]);
});

test("a trim drops what it names, in the middle of a block too", async () => {
  const store = await temporaryStore();
  const log = await openLog({ store, log: "log", partitions: 1 });
  await log.append(["a", "b", "c", "d"].map(message));
  await log.append(["e", "f"].map(message));
  await log.trim(zero, "1" as Position);
  expect(await log.state()).toMatchObject([{ held: 4 }]);
  await log.trim(zero, "4" as Position);
  await log.trim(zero, "0" as Position);
  expect(await readTexts(localSource({ store, log: "log", consumer: "reader" }), zero, earliest, 1)).toEqual(["f"]);
  await expect(log.trim(zero, "6" as Position)).rejects.toMatchObject({ code: "SPILLWAY_FORMAT" });
});

test("a trim of many blocks is one trim for its caller", async () => {
  const store = await temporaryStore();
  const log = await openLog({ store, log: "log", partitions: 1 });
  const blocks = 1_100;
  await Promise.all(Array.from({ length: blocks }, () => log.append([message("x")])));
  await log.trim(zero, String(blocks - 2) as Position);
  expect(await log.state()).toMatchObject([{ appended: blocks, held: 1 }]);
});

test("times never go back, even where the clock does", async () => {
  let nowMs = 5_000;
  const clock = { ...manualClock(), nowMs: () => nowMs };
  const store = await temporaryStore({ clock });
  const log = await openLog({ store, log: "log", partitions: 1 });
  await log.append([message("first")]);
  nowMs = 1_000;
  await log.append([message("second")]);
  const [batch] = await readBatches(localSource({ store, log: "log", consumer: "reader" }), zero, earliest, 2);
  expect(batch?.messages.map(({ timestampMs }) => timestampMs)).toEqual([5_000, 5_000]);
});

test("messages without a key fill one partition for a while and reach all of them", async () => {
  const log = await openLog({ store: await temporaryStore(), log: "log", partitions: 4 });
  for (let n = 0; n < 8; n += 1) await log.append(new Array(64).fill(message("x")));
  for (const { appended } of await log.state()) expect(appended).toBe(128);
});
