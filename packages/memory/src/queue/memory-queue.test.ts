import { manualClock } from "@spillway/conformance";
import { expect, test } from "vitest";
import { memoryQueueSource } from "./memory-queue-source.ts";
import { memoryQueue } from "./memory-queue.ts";

const { signal } = new AbortController();

test("a receive that finds nothing resolves to none after waitMs", async () => {
  const clock = manualClock();
  const source = memoryQueueSource({ queue: memoryQueue({ name: "queue", clock }), waitMs: 5_000 });
  let received: number | undefined;
  const receiving = source.receive({ maxMessages: 1, signal }).then(({ length }) => {
    received = length;
  });
  await clock.advance(4_999);
  expect(received).toBeUndefined();
  await clock.advance(1);
  await receiving;
  expect(received).toBe(0);
});

test("a receive that waits wakes up when a hidden message becomes visible", async () => {
  const clock = manualClock();
  const queue = memoryQueue({ name: "queue", clock, visibilityTimeoutMs: 300 });
  queue.send([{ value: null }]);
  queue.lend(1);
  const receiving = memoryQueueSource({ queue, waitMs: 5_000 }).receive({ maxMessages: 1, signal });
  await clock.advance(300);
  expect((await receiving).map(({ receiveCount }) => receiveCount)).toEqual([2]);
  expect(clock.nowMs() - manualClock().nowMs()).toBe(300);
});

test("counts tell what is held and what of it is hidden", async () => {
  const clock = manualClock();
  const queue = memoryQueue({ name: "queue", clock, visibilityTimeoutMs: 300 });
  queue.send([{ value: null }, { value: null }, { value: null }]);
  const [first] = queue.lend(2);
  expect(queue.counts()).toEqual({ held: 3, hidden: 2 });
  if (first !== undefined) queue.remove(first.receipt);
  expect(queue.counts()).toEqual({ held: 2, hidden: 1 });
  await clock.advance(300);
  expect(queue.counts()).toEqual({ held: 2, hidden: 0 });
});

test("an ack after the visibility has ended is refused, also before the message is given to somebody else", async () => {
  const clock = manualClock();
  const queue = memoryQueue({ name: "queue", clock, visibilityTimeoutMs: 300 });
  queue.send([{ value: null }]);
  const [message] = queue.lend(1);
  await clock.advance(300);
  expect(() => message !== undefined && queue.remove(message.receipt)).toThrow(expect.objectContaining({ code: "SPILLWAY_RECEIPT_LOST" }));
  expect(queue.counts().held).toBe(1);
});

test("a source has keys if its queue has groups, in its type too", () => {
  const plain: false = memoryQueueSource({ queue: memoryQueue({ name: "queue" }) }).traits.keys;
  const groups: true = memoryQueueSource({ queue: memoryQueue({ name: "queue", groups: true }) }).traits.keys;
  expect([plain, groups]).toEqual([false, true]);
});

test.each([0, -1, Number.NaN])("a queue with a visibility timeout of %s ms is refused when it is made", (visibilityTimeoutMs) => {
  expect(() => memoryQueue({ name: "queue", visibilityTimeoutMs })).toThrow(expect.objectContaining({ code: "SPILLWAY_INVALID_OPTIONS" }));
});
