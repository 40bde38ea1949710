import { memoryLog, memorySource } from "@spillway/memory";
import type { Payload, Sink } from "@spillway/spec";
import { expect, test } from "vitest";
import { checkpoint, constant, consume, deadLetter, decode, explain, handle, retry, retryBudget, text, type RetryBudget } from "./index.ts";
import { metadataOf, textOf, world, type World } from "./testing/world.ts";

/** A pipeline in which "bad…" fails at every attempt and all else passes, over a log of its own. */
function pipeline(w: World, budget: RetryBudget, counted: { retries: number }, log = w.log) {
  return consume(memorySource({ log, consumer: "test", stores: w.stores }), { ordering: "none" }).pipe(
    decode(text()),
    handle((value, { attempt }) => {
      if (attempt > 1) counted.retries++;
      if (value.startsWith("bad")) throw new Error("no answer");
    }),
    retry({ attempts: 1_000, backoff: constant(10), budget }),
    deadLetter(w.deadLetters),
    checkpoint(),
  );
}

test("messages that pass make retries: share of one each, and none beyond maxSaved", async () => {
  const w = world();
  const counted = { retries: 0 };
  // Its floor gives one retry in a day: what more there is, messages have made.
  const budget = retryBudget({ share: 0.5, floorPerSecond: 1 / 86_400, maxSaved: 10 });
  const running = w.start(pipeline(w, budget, counted));
  w.append("bad");
  await w.clock.advance(60_000);
  expect(counted.retries).toBe(10);
  w.append(..."abcdef");
  await w.clock.advance(60_000);
  expect(counted.retries).toBe(13);
  w.append(...Array.from({ length: 100 }, (_, index) => String(index)));
  await w.clock.advance(60_000);
  expect(counted.retries).toBe(23);
  await running.stop();
});

test("two stages that name one budget take their retries from it together, in one pipeline or two", async () => {
  const w = world();
  const other = memoryLog({ name: "other", clock: w.clock });
  const budget = retryBudget({ share: 0, floorPerSecond: 2, maxSaved: 10 });
  const [one, two] = [{ retries: 0 }, { retries: 0 }];
  const first = w.start(pipeline(w, budget, one));
  const second = w.start(pipeline(w, budget, two, other));
  w.append("bad1", "bad2");
  other.append(["bad3", "bad4"].map((value) => ({ value: Buffer.from(value) })));
  await w.clock.advance(10_000);
  expect(one.retries).toBeGreaterThan(5);
  expect(two.retries).toBeGreaterThan(5);
  // Ten were saved up, and ten seconds have made twenty.
  expect(one.retries + two.retries).toBeGreaterThanOrEqual(28);
  expect(one.retries + two.retries).toBeLessThanOrEqual(30);
  await Promise.all([first.stop(), second.stop()]);
});

test("a budget saves up no more than maxSaved, whatever time passes", () => {
  const budget = retryBudget({ share: 1, floorPerSecond: 10, maxSaved: 3 });
  for (let message = 0; message < 100; message++) budget.deposit();
  expect(budget.saved).toBe(3);
  expect([1, 2, 3, 4].map(() => budget.take(0))).toEqual([true, true, true, false]);
  expect(budget.waitMs()).toBe(100);
  expect(budget.take(99)).toBe(false);
  expect(budget.take(100)).toBe(true);
  expect(budget.take(1_000_000)).toBe(true);
  expect(budget.saved).toBe(2);
});

test("a message that grows older than maxAgeMs while it waits for the budget is given up as expired, and takes nothing from it", async () => {
  const w = world();
  const startedMs = w.clock.nowMs();
  const triedMs: [string, number][] = [];
  const running = w.start(
    consume(w.source(), { ordering: "none" }).pipe(
      decode(text()),
      handle((value) => {
        triedMs.push([value, w.clock.nowMs() - startedMs]);
        throw new Error("no answer");
      }),
      retry({
        attempts: 2,
        backoff: constant(1_000),
        maxAgeMs: 15_000,
        budget: retryBudget({ share: 0, floorPerSecond: 0.1, maxSaved: 1 }),
      }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  w.append("a", "b", "c");
  await w.clock.advance(12_000);
  w.append("d");
  await w.clock.advance(60_000);
  // One retry was saved up, and each ten seconds make one: the third comes when "c" is too old for it, so that it is left for "d".
  expect(triedMs).toEqual([
    ["a", 0],
    ["b", 0],
    ["c", 0],
    ["a", 1_000],
    ["b", expect.closeTo(11_000, -2)],
    ["d", 12_000],
    ["d", expect.closeTo(21_000, -3)],
  ]);
  const letters = w.deadLetters.messages.map((letter) => [textOf(letter.value), metadataOf(letter).disposition]);
  expect(letters.toSorted()).toEqual([
    ["a", "exhausted"],
    ["b", "exhausted"],
    ["c", "expired"],
    ["d", "exhausted"],
  ]);
  expect(await running.stop()).toMatchObject({ deadLettered: 4, retries: 3 });
});

test("what the budget's wait has made too old is dead-lettered like any other: a stop waits for the sink's answer", async () => {
  const w = world();
  const slow: Sink<Payload> = {
    ...w.deadLetters,
    async write(...call) {
      await new Promise<void>((resolve) => void w.clock.schedule(5_000, resolve));
      return await w.deadLetters.write(...call);
    },
  };
  const budget = retryBudget({ share: 0, floorPerSecond: 0.01, maxSaved: 1 });
  budget.take(w.clock.nowMs());
  const pipeline = consume(w.source(), { ordering: "none" }).pipe(
    handle(() => {
      throw new Error("no answer");
    }),
    retry({ attempts: 2, backoff: constant(1_000), maxAgeMs: 10_000, budget }),
    deadLetter(slow),
    checkpoint(),
  );
  const running = w.start(pipeline);
  w.append("a");
  await w.clock.advance(12_000);
  expect(explain(pipeline).feeds[0]?.firstUnsettled).toMatchObject({
    state: "waits for its dead letter after a failure at handle",
    nextAttemptMs: undefined,
  });
  expect(await running.stop()).toMatchObject({ deadLettered: 1, aborted: 0 });
});
