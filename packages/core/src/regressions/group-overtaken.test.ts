// What was wrong: when a message of a FIFO group goes back to the queue (giveBackAfterMs), only those behind it that have not been let in go with it; those that have
// passed the first handler and stand behind it at a later stage go on, and so before it. G3.
// And (second test) when the receipt of a message is lost, those that wait behind it in its group are worked on before its next delivery.
// Mended so: they go back too.
import { memoryQueue, memoryQueueSource, memorySink } from "@spillway/memory";
import { SpillwayError, type QueueSource, type Payload, type ItemResult } from "@spillway/spec";
import { expect, test } from "vitest";
import { checkpoint, constant, consume, deadLetter, decode, handle, retry, run, text } from "../index.ts";
import { virtualClock } from "../testing/virtual-clock.ts";

test("G3: what stands behind a message that goes back to its queue, at whatever stage, does not overtake it", async () => {
  const clock = virtualClock();
  const queue = memoryQueue({ name: "jobs", groups: true, clock });
  const order: string[] = [];
  let failures = 1;
  const controller = new AbortController();
  let ended = false;
  const report = run(
    consume(memoryQueueSource({ queue }), { ordering: "key" }).pipe(
      decode(text()),
      handle(async (value) => value),
      handle(async (value) => {
        await new Promise<void>((resolve) => void clock.schedule(10, resolve));
        if (value === "a1" && failures-- > 0) throw new Error("not yet");
        order.push(value);
      }),
      retry({ attempts: 3, backoff: constant(1_000), giveBackAfterMs: 500 }),
      deadLetter(memorySink()),
      checkpoint(),
    ),
    { clock, signal: controller.signal },
  ).finally(() => (ended = true));
  queue.send(["a1", "a2", "a3"].map((each) => ({ key: "a", value: Buffer.from(each) })));
  await clock.advance(60_000);
  expect(order).toEqual(["a1", "a2", "a3"]);
  controller.abort();
  await clock.runUntil(() => ended);
  await report;
});

test("G3: what waits behind a message whose receipt is lost does not overtake it", async () => {
  const clock = virtualClock();
  const queue = memoryQueue({ name: "jobs", groups: true, clock, visibilityTimeoutMs: 9_000 });
  const inner = memoryQueueSource({ queue });
  const lost: ItemResult = { ok: false, error: new SpillwayError("lost", { code: "SPILLWAY_RECEIPT_LOST" }) };
  let lose = true;
  const source: QueueSource<Payload, { readonly kind: "queue"; readonly keys: true }> = {
    ...inner,
    extend: async (receipts, options) => {
      const results = await inner.extend(receipts, options);
      return lose ? results.map((result, index) => (index === 0 ? lost : result)) : results;
    },
  };
  const order: string[] = [];
  let hang = true;
  const controller = new AbortController();
  let ended = false;
  const report = run(
    consume(source, { ordering: "key" }).pipe(
      decode(text()),
      handle(async (value) => {
        if (value === "a1" && hang) await new Promise(() => {});
        order.push(value);
      }),
      deadLetter(memorySink()),
      checkpoint(),
    ),
    { clock, signal: controller.signal },
  ).finally(() => (ended = true));
  queue.send(["a1", "a2", "a3"].map((each) => ({ key: "a", value: Buffer.from(each) })));
  await clock.runUntil(() => clock.nowMs() > 0 && queue.counts().hidden === 3);
  await clock.advance(7_000);
  hang = false;
  lose = false;
  await clock.advance(60_000);
  expect(order).toEqual(["a1", "a2", "a3"]);
  controller.abort();
  await clock.runUntil(() => ended);
  await report;
});
