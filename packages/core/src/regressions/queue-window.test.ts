// What was wrong: on a queue, the window of places from the oldest unsettled message to the newest has no bound (a log's has: maxSpan). One message that is never settled
// (a dead letter that its sink refuses, a retry of days) keeps every later place: 13 bytes and a slot each, doubled when it grows, for ever (G5), and each
// heartbeat walks over all of them. At 2^30 places it is corrupt.
// Mended so: as for a log, receiving rests when the window is maxSpan long. It is visible: the message is the "first unsettled" of explain().
import { memoryQueue, memoryQueueSource, memorySink } from "@spillway/memory";
import { expect, test } from "vitest";
import { checkpoint, consume, deadLetter, explain, handle, run } from "../index.ts";
import { virtualClock } from "../testing/virtual-clock.ts";

test("G5: a message that does not end keeps at most maxSpan later ones in the table", async () => {
  const clock = virtualClock();
  const queue = memoryQueue({ name: "jobs", clock, visibilityTimeoutMs: 3_600_000 });
  const controller = new AbortController();
  let handled = 0;
  let ended = false;
  const pipeline = consume(memoryQueueSource({ queue }), { ordering: "none", maxInFlight: 1_000 }).pipe(
    handle(() => (handled++ === 0 ? new Promise<void>(() => {}) : undefined), { timeoutMs: Number.POSITIVE_INFINITY }),
    deadLetter(memorySink()),
    checkpoint(),
  );
  const report = run(pipeline, { clock, signal: controller.signal, drainTimeoutMs: 10 }).finally(() => (ended = true));
  for (let round = 0; round < 80; round++) {
    queue.send(Array.from({ length: 1_000 }, () => ({ value: null })));
    await clock.advance(200);
  }
  const [feed] = explain(pipeline).feeds;
  expect(feed?.heldBehindFirst).toBeGreaterThan(60_000);
  expect(feed?.heldBehindFirst).toBeLessThan(67_000);
  controller.abort();
  await clock.runUntil(() => ended);
  await report;
}, 60_000);
