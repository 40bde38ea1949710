import type { LogBatch, PartitionId, Payload, Position } from "@spillway/spec";
import { manualClock } from "@spillway/conformance";
import { expect, test } from "vitest";
import { memoryLog, type MemoryLog } from "./memory-log.ts";
import { memorySource } from "./memory-source.ts";

const { signal } = new AbortController();

function keys(count: number) {
  return Array.from({ length: count }, (_, n) => ({ key: `key ${n}`, value: null }));
}

function only(log: MemoryLog): PartitionId {
  const [partition] = log.partitions();
  if (partition === undefined) throw new Error("the log has a partition");
  return partition.id;
}

async function firstBatch(log: MemoryLog, position: Position): Promise<LogBatch<Payload>> {
  const source = memorySource({ log, consumer: "consumer" });
  for await (const batch of source.read(only(log), { from: { at: "after", position }, signal })) return batch;
  throw new Error("the partition has ended");
}

test("keys spread over all partitions, and messages without a key go to each in turn", () => {
  const log = memoryLog({ name: "log", partitions: 4 });
  const homes = log.append(keys(400)).map(({ partition }) => partition);
  expect(new Set(homes).size).toBe(4);
  const keyless = log.append(Array.from({ length: 8 }, () => ({ value: null }))).map(({ partition }) => partition);
  expect(new Set(keyless.slice(0, 4)).size).toBe(4);
  expect(keyless.slice(4)).toEqual(keyless.slice(0, 4));
});

test("the children of a split share the parent's keys between them", () => {
  const log = memoryLog({ name: "log" });
  const children = log.split(only(log));
  const homes = new Set(log.append(keys(100)).map(({ partition }) => partition));
  expect([...homes].toSorted()).toEqual([...children].toSorted());
});

test("a closed partition can be neither closed, split nor merged again, and a log without open ones takes nothing", () => {
  const log = memoryLog({ name: "log", partitions: 2 });
  const [one, other] = log.partitions().map(({ id }) => id) as [PartitionId, PartitionId];
  log.close(one);
  const conflict: unknown = expect.objectContaining({ code: "SPILLWAY_CONFLICT" });
  expect(() => log.close(one)).toThrow(conflict);
  expect(() => log.split(one)).toThrow(conflict);
  expect(() => log.merge(one, other)).toThrow(conflict);
  expect(() => log.partition("none" as PartitionId)).toThrow(conflict);
  log.close(other);
  expect(() => log.append(keys(1))).toThrow(conflict);
});

test("only neighbours can be merged", () => {
  const log = memoryLog({ name: "log", partitions: 3 });
  const [first, second, third] = log.partitions().map(({ id }) => id) as [PartitionId, PartitionId, PartitionId];
  expect(() => log.merge(first, third)).toThrow(expect.objectContaining({ code: "SPILLWAY_CONFLICT" }));
  const merged = log.merge(third, second);
  expect(log.partitions().find(({ id }) => id === merged)?.parents).toEqual([third, second]);
});

test("a log that retains few messages drops the oldest and tells their readers how many", async () => {
  const log = memoryLog({ name: "log", retainMessages: 10 });
  log.append(keys(25));
  expect(await firstBatch(log, "4" as Position)).toEqual({
    messages: [],
    lost: { count: 10, reason: "trimmed before it was read" },
  });
});

test("a batch says how far its end is behind the end of the partition", async () => {
  const clock = manualClock();
  const log = memoryLog({ name: "log", clock });
  log.append(keys(1));
  await clock.advance(500);
  log.append(keys(1));
  const source = memorySource({ log, consumer: "consumer", maxBatchSize: 1 });
  const behind: (number | undefined)[] = [];
  for await (const { behindMs } of source.read(only(log), { from: { at: "earliest" }, signal })) if (behind.push(behindMs) === 2) break;
  expect(behind).toEqual([500, 0]);
});

test("a message that is too large is refused with all that came with it", () => {
  const log = memoryLog({ name: "log", maxMessageBytes: 4 });
  const messages = [{ value: new Uint8Array(4) }, { value: new Uint8Array(5) }];
  expect(() => log.append(messages)).toThrow(expect.objectContaining({ code: "SPILLWAY_OVERSIZE" }));
  expect(log.partition(only(log)).end()).toBe(0);
});

test.each([{ partitions: 0 }, { partitions: 1.5 }, { retainMessages: 0 }, { retainMessages: Number.NaN }])(
  "a log of %o is refused when it is made",
  (options) => {
    expect(() => memoryLog({ name: "log", ...options })).toThrow(expect.objectContaining({ code: "SPILLWAY_INVALID_OPTIONS" }));
  },
);

test.each([0, -1, 2.5, Number.NaN])("a source with a maxBatchSize of %s is refused when it is made", (maxBatchSize) => {
  const log = memoryLog({ name: "log" });
  expect(() => memorySource({ log, consumer: "consumer", maxBatchSize })).toThrow(
    expect.objectContaining({ code: "SPILLWAY_INVALID_OPTIONS" }),
  );
});
