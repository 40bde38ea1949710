// What was wrong: when a handler timed out, the next message started within the sweep that noticed it, and that start set the sweep's timer; then the sweep
// set it again. From then on two sweeps counted the same time, three after the next time-out, and handlers were cut off after a half, a third of timeoutMs.
// Found by the simulator (G5: a stage ran more handlers than its concurrency; seed 110). Mended so: the sweep sets its timer only if nobody has.
import { expect, test } from "vitest";
import { checkpoint, constant, consume, deadLetter, decode, handle, retry, text } from "../index.ts";
import { world } from "../testing/world.ts";

test("a handler has all of its timeoutMs, also after others have timed out", async () => {
  const w = world();
  const done: string[] = [];
  const running = w.start(
    consume(w.source(), { ordering: "none" }).pipe(
      decode(text()),
      handle(
        async (value) => {
          if (value.startsWith("hangs")) return await new Promise<never>(() => {});
          await new Promise<void>((resolve) => void w.clock.schedule(900, resolve));
          done.push(value);
        },
        { concurrency: 1, timeoutMs: 1_000 },
      ),
      retry({ attempts: 1, backoff: constant(0) }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  w.append("hangs 1", "hangs 2", "hangs 3", "slow 1", "slow 2", "slow 3");
  await w.clock.advance(60_000);
  expect(done).toEqual(["slow 1", "slow 2", "slow 3"]);
  expect(await running.stop()).toMatchObject({ succeeded: 3, deadLettered: 3 });
});
