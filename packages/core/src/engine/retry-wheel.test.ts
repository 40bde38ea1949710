import { expect, test } from "vitest";
import { checkpoint, constant, consume, deadLetter, decode, explain, handle, map, retry, text } from "../index.ts";
import { world } from "../testing/world.ts";

test("waiting messages keep their attempt and their value, and wake the clock at most a hundred times a second", async () => {
  const w = world();
  const attempts = new Map<string, number[]>();
  let wakes = 0;
  const clock = {
    ...w.clock,
    schedule(delayMs: number, task: () => void) {
      return w.clock.schedule(delayMs, () => {
        wakes++;
        task();
      });
    },
  };
  const pipeline = consume(w.source(), { ordering: "none", maxInFlight: 200_000 }).pipe(
    decode(text()),
    map((value) => ({ value })),
    handle(({ value }, { attempt }) => {
      attempts.set(value, [...(attempts.get(value) ?? []), attempt]);
      if (attempt === 1) throw new Error(`${value} fails`);
    }),
    retry({ attempts: 2, backoff: { says: "spread over a second", delayMs: () => 1_000 + w.clock.random() * 1_000 } }),
    deadLetter(w.deadLetters),
    checkpoint(),
  );
  const running = w.start(pipeline, { clock });
  const count = 20_000;
  w.append(...Array.from({ length: count }, (_, index) => String(index)));
  await w.clock.advance(500);
  const { feeds } = explain(pipeline);
  expect(feeds[0]?.firstUnsettled).toMatchObject({
    attempt: 1,
    failedAt: "handle",
    lastError: "0 fails",
    state: expect.stringContaining("waits for its next attempt"),
  });
  wakes = 0;
  await w.clock.advance(1_000);
  expect(wakes).toBeLessThanOrEqual(110);
  await w.clock.advance(2_000);
  expect(attempts.size).toBe(count);
  expect([...attempts.values()].every((each) => each.join() === "1,2")).toBe(true);
  expect(await running.stop()).toMatchObject({ succeeded: count, retries: count });
});

test("messages that wait when the pipeline stops are aborted at once, and their lanes with them", async () => {
  const w = world();
  const running = w.start(
    consume(w.source(), { ordering: "key" }).pipe(
      handle(() => {
        throw new Error("no");
      }),
      retry({ attempts: 2, backoff: constant(3_600_000) }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  w.append("a=1", "a=2", "b=1");
  await w.clock.advance(100);
  expect(await running.stop()).toMatchObject({ delivered: 3, aborted: 3, inFlight: 0 });
  expect(w.clock.pending).toBe(0);
});
