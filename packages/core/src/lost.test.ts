import type { LogSource, LostMessages, PartitionId, Payload } from "@spillway/spec";
import { expect, test } from "vitest";
import { checkpoint, consume, deadLetter, explain, handle, sayExplanation } from "./index.ts";
import { world, type World } from "./testing/world.ts";

/** The world's log, which tells these losses, each with a batch of its own, before its messages. */
function losing(w: World, losses: readonly LostMessages[]): LogSource<Payload, { kind: "log"; keys: true }> {
  const source = w.source();
  return {
    ...source,
    async *read(partition, options) {
      for (const lost of losses) yield { messages: [], lost };
      yield* source.read(partition, options);
    },
  };
}

test("what logs had dropped is counted apart from what was delivered: messages where a number is told, gaps where none is", async () => {
  const w = world();
  w.append("a", "b");
  const losses = [
    { count: 5, reason: "trimmed" },
    { count: undefined, reason: "trimmed", afterMs: 1, beforeMs: 2 },
    { count: 2, reason: "trimmed" },
  ];
  const pipeline = consume(losing(w, losses), { ordering: "none" }).pipe(
    handle(() => undefined),
    deadLetter(w.deadLetters),
    checkpoint(),
  );
  const running = w.start(pipeline);
  await w.clock.advance(1_000);
  expect(explain(pipeline).counts).toMatchObject({ delivered: 2, succeeded: 2, lost: 7, gaps: 1 });
  expect(sayExplanation(explain(pipeline))).toContain("not delivered: 7 that logs had dropped, and what 1 gaps of unknown size held");
  expect(await running.stop()).toMatchObject({ lost: 7, gaps: 1 });
  expect(w.events.flatMap((event) => (event.type === "messages-lost" ? [event.lost] : []))).toEqual(losses);
});

test("a run that lost nothing says nothing of it", async () => {
  const w = world();
  w.append("a");
  const pipeline = consume(losing(w, []), { ordering: "none" }).pipe(
    handle(() => undefined),
    deadLetter(w.deadLetters),
    checkpoint(),
  );
  const running = w.start(pipeline);
  await w.clock.advance(1_000);
  expect(sayExplanation(explain(pipeline))).not.toContain("not delivered");
  expect(await running.stop()).toMatchObject({ lost: 0, gaps: 0 });
});

const hourMs = 3_600_000;

/** One run for an hour of a consumer that begins at latest, over a log that keeps messages for a day. */
async function anHour(w: World, saysAtOnce = true): Promise<readonly LostMessages[]> {
  const source = w.source();
  const keeping: typeof source = {
    ...source,
    async *read(partition, options) {
      if (saysAtOnce) yield { messages: [], retentionMs: 24 * hourMs };
      for await (const batch of source.read(partition, options)) {
        yield batch;
        yield { messages: [], retentionMs: 24 * hourMs };
      }
    },
  };
  const told = w.events.length;
  const running = w.start(
    consume(keeping, { ordering: "none", start: { at: "latest" } }).pipe(
      handle(() => undefined),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  await w.clock.advance(hourMs);
  await running.stop();
  return w.events.slice(told).flatMap((event) => (event.type === "messages-lost" ? [event.lost] : []));
}

test("a consumer that had read nothing and comes back after longer than the log keeps messages is told, with the first that is left", async () => {
  const w = world();
  const beganAtMs = w.clock.nowMs();
  expect(await anHour(w)).toEqual([]);
  await w.clock.advance(25 * hourMs);
  const leftAtMs = w.clock.nowMs();
  w.append("left");
  w.clock.schedule(1_000, () => w.append("another"));
  expect(await anHour(w)).toEqual([
    {
      count: undefined,
      reason: expect.stringContaining("longer ago") as string,
      afterMs: expect.closeTo(beganAtMs, -3) as number,
      beforeMs: leftAtMs,
    },
  ]);
  // From now on there is a position.
  await w.clock.advance(25 * hourMs);
  w.append("later");
  expect(await anHour(w)).toEqual([]);
});

test("the same is told when the log says only later how long it keeps messages", async () => {
  const w = world();
  await anHour(w, false);
  await w.clock.advance(25 * hourMs);
  const leftAtMs = w.clock.nowMs();
  w.append("left");
  expect(await anHour(w, false)).toMatchObject([{ beforeMs: leftAtMs }]);
});

test("one that comes back in time is told nothing, nor is one whose partition stays empty", async () => {
  const w = world();
  await anHour(w);
  await w.clock.advance(20 * hourMs);
  w.append("in time");
  expect(await anHour(w)).toEqual([]);
  const idle = world();
  await anHour(idle);
  await idle.clock.advance(25 * hourMs);
  expect(await anHour(idle)).toEqual([]);
});

test("one whose partition has ended meanwhile, with nothing left in it, is told at its end", async () => {
  const w = world();
  await anHour(w);
  await w.clock.advance(25 * hourMs);
  w.log.split(w.log.partitions()[0]?.id as PartitionId);
  expect(await anHour(w)).toMatchObject([{ count: undefined, afterMs: expect.any(Number) as number }]);
});
