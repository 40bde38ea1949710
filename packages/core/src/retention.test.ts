import type { LogSource, Payload } from "@spillway/spec";
import { expect, test } from "vitest";
import { checkpoint, constant, consume, deadLetter, decode, explain, handle, retry, sayExplanation, text } from "./index.ts";
import { world, type World } from "./testing/world.ts";

const minuteMs = 60_000;

/** The world's log, with a retention that its batches tell; `told` may change it. */
function keeping(w: World, told: { retentionMs: number | undefined }): LogSource<Payload, { kind: "log"; keys: true }> {
  const source = w.source();
  return {
    ...source,
    async *read(partition, options) {
      for await (const batch of source.read(partition, options)) {
        yield { ...batch, ...(told.retentionMs !== undefined && { retentionMs: told.retentionMs }) };
      }
    },
  };
}

/** A pipeline that cannot get past "stuck" until it is let. */
function stuckOn(w: World, told: { retentionMs: number | undefined; isStuck: boolean }) {
  return consume(keeping(w, told), { ordering: "key" }).pipe(
    decode(text()),
    handle((value) => {
      if (value === "stuck" && told.isStuck) throw new Error("not yet");
    }),
    retry({ attempts: 1_000_000, backoff: constant(10_000) }),
    deadLetter(w.deadLetters),
    checkpoint(),
  );
}

const warnings = (w: World) => w.events.flatMap((event) => (event.type === "retention-near" ? [event] : []));

test("what is left until the first unsettled message is dropped is told at a quarter of the retention, and at each half of that", async () => {
  const w = world();
  w.append("a=passes", "b=stuck", "c=passes");
  const pipeline = stuckOn(w, { retentionMs: 24 * minuteMs, isStuck: true });
  const running = w.start(pipeline);
  await w.clock.advance(17.9 * minuteMs);
  expect(warnings(w)).toEqual([]);
  expect(explain(pipeline).feeds[0]?.headroomMs).toBe(366_000);
  expect(sayExplanation(explain(pipeline))).toContain("kept for 366 s more");

  await w.clock.advance(0.2 * minuteMs);
  expect(warnings(w)).toMatchObject([
    {
      source: "orders",
      retentionMs: 24 * minuteMs,
      says: expect.stringMatching(/which waits for its next attempt.*dropped in 6 min/) as string,
    },
  ]);
  await w.clock.advance(6 * minuteMs);
  const minutesLeft = warnings(w).map(({ headroomMs }) => headroomMs / minuteMs);
  expect(minutesLeft).toEqual([6, 3, 1.5, 40 / 60, 20 / 60, 10 / 60, 0]);
  expect(warnings(w).at(-1)).toMatchObject({ says: expect.stringContaining("may have been dropped") as string });
  const told = warnings(w).length;
  await w.clock.advance(minuteMs);
  expect(warnings(w)).toHaveLength(told);
  expect(explain(pipeline).feeds[0]?.headroomMs).toBe(-66_000);
  await running.stop();
});

test("a message that is settled in time leaves nothing to tell, and what is stuck later is told anew", async () => {
  const w = world();
  w.append("b=stuck");
  const told = { retentionMs: 24 * minuteMs, isStuck: true };
  const pipeline = stuckOn(w, told);
  const running = w.start(pipeline);
  await w.clock.advance(19 * minuteMs);
  expect(warnings(w)).toHaveLength(1);
  told.isStuck = false;
  await w.clock.advance(minuteMs);
  expect(explain(pipeline).feeds[0]?.headroomMs).toBeUndefined();
  told.isStuck = true;
  w.append("b=stuck");
  await w.clock.advance(19 * minuteMs);
  expect(warnings(w)).toHaveLength(2);
  await running.stop();
});

test("a retention that is raised gives time", async () => {
  const w = world();
  w.append("b=stuck");
  const told = { retentionMs: 24 * minuteMs, isStuck: true };
  const pipeline = stuckOn(w, told);
  const running = w.start(pipeline);
  await w.clock.advance(17 * minuteMs);
  told.retentionMs = 48 * minuteMs;
  await w.clock.advance(3 * minuteMs);
  expect(warnings(w)).toEqual([]);
  expect(explain(pipeline).feeds[0]?.headroomMs).toBe(28 * minuteMs);
  await running.stop();
});

test("a consumer that has settled all it has read and is far behind is told as well", async () => {
  const w = world();
  const source = w.source();
  const behind: typeof source = {
    ...source,
    async *read(_partition, { signal }) {
      for (let n = 0; !signal.aborted; n += 1) {
        yield { messages: [], behindMs: 20 * minuteMs, retentionMs: 24 * minuteMs };
        await new Promise<void>((resolve) => void w.clock.schedule(1_000, resolve));
      }
    },
  };
  const pipeline = consume(behind, { ordering: "key" }).pipe(
    decode(text()),
    handle(() => {}),
    deadLetter(w.deadLetters),
    checkpoint(),
  );
  const running = w.start(pipeline);
  await w.clock.advance(60_000);
  expect(warnings(w)).toMatchObject([{ headroomMs: 4 * minuteMs, says: expect.stringContaining("the next message to be read") as string }]);
  await running.stop();
});

test("a source that does not say how long it keeps messages is never said to drop one, and nothing looks", async () => {
  const w = world();
  w.append("b=stuck");
  const pipeline = stuckOn(w, { retentionMs: undefined, isStuck: true });
  const running = w.start(pipeline);
  await w.clock.advance(60 * minuteMs);
  expect(warnings(w)).toEqual([]);
  expect(explain(pipeline).feeds[0]?.headroomMs).toBeUndefined();
  await running.stop();
});

test("nothing looks any more when the pipeline has ended", async () => {
  const w = world();
  w.append("a=passes");
  const running = w.start(stuckOn(w, { retentionMs: 24 * minuteMs, isStuck: false }));
  await w.clock.advance(60_000);
  await running.stop();
  expect(w.clock.pending).toBe(0);
});
