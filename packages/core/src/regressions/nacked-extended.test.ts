// What was wrong: while a queue's intake drains, the heartbeat extends the messages that were just given back: they stay "waiting" in the window. The contract of
// QueueSource says never to; on SQS it hides them again from everybody for another visibility timeout (G9: given back at once).
// Mended so: only what runs, or still waits for its turn here, is extended.
import { memoryQueue, memoryQueueSource, memorySink } from "@spillway/memory";
import { expect, test } from "vitest";
import { checkpoint, consume, deadLetter, handle, run } from "../index.ts";
import { virtualClock } from "../testing/virtual-clock.ts";

test("G9: a message that was given back is not extended", async () => {
  const clock = virtualClock();
  const queue = memoryQueue({ name: "jobs", clock, visibilityTimeoutMs: 3_000 });
  const inner = memoryQueueSource({ queue });
  const nacked = new Set<string>();
  const wrong: string[] = [];
  const controller = new AbortController();
  let ended = false;
  const report = run(
    consume(
      {
        ...inner,
        nack: (receipts, options) => {
          for (const receipt of receipts) nacked.add(receipt);
          return inner.nack(receipts, options);
        },
        extend: (receipts, options) => {
          wrong.push(...receipts.filter((receipt) => nacked.has(receipt)));
          return inner.extend(receipts, options);
        },
      },
      { ordering: "none" },
    ).pipe(
      handle(() => new Promise<void>(() => {}), { concurrency: 1 }),
      deadLetter(memorySink()),
      checkpoint(),
    ),
    { clock, signal: controller.signal, drainTimeoutMs: 20_000 },
  ).finally(() => (ended = true));
  queue.send(["a", "b", "c"].map((each) => ({ value: Buffer.from(each) })));
  await clock.advance(500);
  controller.abort();
  await clock.runUntil(() => ended);
  await report;
  expect(nacked.size).toBe(3);
  expect(wrong).toEqual([]);
});
