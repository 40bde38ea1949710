// What was wrong: a message that waits when a queue's pipeline stops is given back, but keeps its place in the window until the drain ends. The next heartbeat
// extended it with the receipts that are ours: a queue that takes that (SQS does) hides the message again, from everybody, for a whole visibility time-out.
// Found by the simulator (contract: "extends a receipt that it has given back"). Mended so: what was given back or taken back is no longer ours.
import { memoryQueue, memoryQueueSource, memorySink } from "@spillway/memory";
import type { Receipt } from "@spillway/spec";
import { expect, test } from "vitest";
import { checkpoint, consume, deadLetter, handle, run } from "../index.ts";
import { virtualClock } from "../testing/virtual-clock.ts";

test("a receipt that was given back is not extended any more, however long the drain takes", async () => {
  const clock = virtualClock();
  const queue = memoryQueue({ name: "jobs", clock, visibilityTimeoutMs: 3_000 });
  const source = memoryQueueSource({ queue });
  queue.send(Array.from({ length: 10 }, (_, index) => ({ value: Buffer.from(String(index)) })));
  const givenBack = new Set<Receipt>();
  const extended: Receipt[] = [];
  const controller = new AbortController();
  let ended = false;
  const pipeline = consume(
    {
      ...source,
      nack: async (receipts, options) => {
        for (const receipt of receipts) givenBack.add(receipt);
        return await source.nack(receipts, options);
      },
      extend: async (receipts, options) => {
        extended.push(...receipts);
        return await source.extend(receipts, options);
      },
    },
    { ordering: "none" },
  ).pipe(
    handle(() => new Promise<void>((resolve) => void clock.schedule(8_000, resolve)), { concurrency: 1 }),
    deadLetter(memorySink()),
    checkpoint(),
  );
  const report = run(pipeline, { clock, signal: controller.signal }).finally(() => (ended = true));
  await clock.advance(500);
  controller.abort();
  await clock.runUntil(() => ended);
  expect(await report).toMatchObject({ succeeded: 1, aborted: 9 });
  expect(givenBack.size).toBe(9);
  expect(extended.length).toBeGreaterThan(0);
  expect(extended.filter((receipt) => givenBack.has(receipt))).toEqual([]);
});
