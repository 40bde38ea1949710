// What was wrong: an operator of the user's that emits a delivery twice (mergeMap to two, repeat, a merged share) makes the next stage take it twice: the second time
// overwrites what the first holds, its unit is never given back, and after `concurrency` such messages the stage starts nothing any more, without a word.
// Mended so: a delivery that is at a stage already is refused as a wrong composition; it stays unsettled.
import { mergeMap } from "rxjs";
import { expect, test } from "vitest";
import { checkpoint, consume, deadLetter, decode, handle, text } from "../index.ts";
import { world } from "../testing/world.ts";

test("an operator that emits a delivery twice is refused, instead of blocking the stage after it", async () => {
  const w = world();
  const running = w.start(
    consume(w.source(), { ordering: "none" }).pipe(
      decode(text()),
      mergeMap((delivery) => [delivery, delivery]),
      handle(
        async () => {
          await new Promise<void>((resolve) => void w.clock.schedule(10, resolve));
        },
        { concurrency: 1 },
      ),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
    { drainTimeoutMs: 1_000 },
  );
  let outcome: unknown;
  running.report.catch((error: unknown) => (outcome = error));
  w.append("a", "b");
  await w.clock.advance(60_000);
  expect(outcome).toMatchObject({ code: "SPILLWAY_INVALID_OPTIONS", message: expect.stringContaining("twice") });
});
