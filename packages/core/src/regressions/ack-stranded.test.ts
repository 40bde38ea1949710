// What was wrong: with maxCalls acknowledgements under way, the linger timer's flush does nothing and is not set again; when a call ends, fewer than maxReceipts
// pending ones are not flushed either. They are never deleted: extended for ever, and delivered again after a stop.
// Why: Acknowledger.#acknowledge flushes only at >= maxReceipts. Mended so: flush whatever has no timer.
import { memoryQueue, memoryQueueSource, memorySink } from "@spillway/memory";
import { expect, test } from "vitest";
import { checkpoint, consume, deadLetter, handle, run } from "../index.ts";
import { virtualClock } from "../testing/virtual-clock.ts";

test("G7: every handled message is acknowledged, also when the queue confirms slowly", async () => {
  const clock = virtualClock();
  const queue = memoryQueue({ name: "jobs", clock });
  const source = memoryQueueSource({ queue });
  queue.send(Array.from({ length: 850 }, (_, index) => ({ value: Buffer.from(String(index)) })));
  const controller = new AbortController();
  let ended = false;
  const report = run(
    consume(
      {
        ...source,
        ack: async (receipts, options) => {
          await new Promise<void>((resolve) => void clock.schedule(1_000, resolve));
          return await source.ack(receipts, options);
        },
      },
      { ordering: "none" },
    ).pipe(
      handle(() => undefined),
      deadLetter(memorySink()),
      checkpoint(),
    ),
    { clock, signal: controller.signal },
  ).finally(() => (ended = true));
  await clock.advance(60_000);
  expect(queue.counts().held).toBe(0);
  controller.abort();
  await clock.runUntil(() => ended);
  expect(await report).toMatchObject({ succeeded: 850, aborted: 0 });
});
