// What was wrong: reading context.signal for the first time after the handler has settled (a background task, a log line) takes a slot for it: the slot is never freed, its
// age is counted on, and at timeoutMs a delivery that has long gone on to the next stage (here: waits for a batch) is marked failed and sent to retry, beside the
// copy of it that goes on. Two outcomes are decided for one message; the stage's slots leak.
// Why: TrackedDelivery.signal asked the stage at any time. Mended so: only the call of a stage's function can ask for a slot; later reads get the feed's signal.
import { expect, test } from "vitest";
import { checkpoint, constant, consume, deadLetter, decode, handle, handleBatch, retry, text, type HandleContext } from "../index.ts";
import { world } from "../testing/world.ts";

test("a signal that is first read after the handler has settled changes nothing", async () => {
  const w = world();
  const first: number[] = [];
  const running = w.start(
    consume(w.source(), { ordering: "none" }).pipe(
      decode(text()),
      handle(
        async (value, context: HandleContext) => {
          first.push(context.attempt);
          w.clock.schedule(20, () => void context.signal.aborted);
          // The slow one keeps the stage's sweep going.
          await new Promise<void>((resolve) => void w.clock.schedule(value === "slow" ? 90 : 10, resolve));
          return value;
        },
        { timeoutMs: 100 },
      ),
      handleBatch<string>(() => undefined, { lingerMs: 1_000 }),
      retry({ attempts: 3, backoff: constant(10) }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  w.append("a", "b", "slow");
  await w.clock.advance(10_000);
  expect(first).toEqual([1, 1, 1]);
  expect(await running.stop()).toMatchObject({ succeeded: 3, retries: 0 });
});
