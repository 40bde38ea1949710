import { expect, test } from "vitest";
import type { FencingToken, LogBatch, LogMessage, PartitionId } from "@spillway/spec";
import { benchLog } from "./bench-log.ts";
import { makePages, unit } from "./pages.ts";

const first = "p0" as PartitionId;

test("it gives what it was told to, then says that it has caught up and waits, and ends with the signal", async () => {
  const log = benchLog(makePages((index) => index));
  const controller = new AbortController();
  log.give(unit);
  const sizes: number[] = [];
  for await (const { messages } of log.source.read(first, { from: { at: "earliest" }, signal: controller.signal })) {
    sizes.push(messages.length);
    if (messages.length === 0) controller.abort();
  }
  expect(sizes).toEqual([500, 0]);
});

test("a checkpoint that is not after the last message is found", async () => {
  const log = benchLog(makePages((index) => index));
  const controller = new AbortController();
  log.giveFrom(0, 1);
  const read = log.source.read(first, { from: { at: "earliest" }, signal: controller.signal })[Symbol.asyncIterator]();
  const page = (await read.next()).value as LogBatch<number>;
  expect(() => log.checkWatermarks()).toThrow("p0");
  const { checkpoints } = log.source.coordination as Extract<typeof log.source.coordination, { readonly by: "provider" }>;
  const { position } = page.messages.at(-1) as LogMessage<number>;
  const from = { at: "after", position } as const;
  const key = { scope: "bench", partition: first };
  await checkpoints.save(key, { state: "reading", from, done: [], attempting: undefined }, 1 as FencingToken, {
    signal: controller.signal,
  });
  expect(() => log.checkWatermarks()).not.toThrow();
  controller.abort();
});
