// What was wrong: a failed probe of a breaker uses no attempt and was kept as the next probe. A message that can never pass, with an error that counts, so was
// the probe for ever: the breaker never closed, and nothing went on again although the service was well.
// Found by the simulator (liveness; seed 103). Mended so: another message that waits probes next, and one that has failed as a probe ten times uses an attempt.
import { expect, test } from "vitest";
import { breaker, checkpoint, constant, consume, deadLetter, decode, handle, handleBatch, retry, text } from "../index.ts";
import { metadataOf, textOf, world } from "../testing/world.ts";

test.each([1, 4])("G12: a message that can never pass does not keep a breaker open for ever (concurrency %i)", async (concurrency) => {
  const w = world();
  const service = breaker({ name: "service", consecutiveFailures: 2, openMs: 1_000 });
  const passed: string[] = [];
  const running = w.start(
    consume(w.source(), { ordering: "none" }).pipe(
      decode(text()),
      handle(
        async (value) => {
          await new Promise<void>((resolve) => void w.clock.schedule(10, resolve));
          if (value === "poison") throw new Error("never");
          passed.push(value);
        },
        { breaker: service, concurrency },
      ),
      retry({ attempts: 4, backoff: constant(10) }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  w.append("poison", "a", "b", "c", "poison", "d");
  await w.clock.advance(300_000);
  expect(passed).toHaveLength(4);
  expect(w.deadLetters.messages.map(({ value }) => textOf(value))).toEqual(["poison", "poison"]);
  expect(w.deadLetters.messages.map((letter) => metadataOf(letter).disposition)).toEqual(["exhausted", "exhausted"]);
  expect(await running.stop()).toMatchObject({ succeeded: 4, deadLettered: 2 });
});

test("G12: a batch that can never pass does not keep a breaker open for ever", async () => {
  const w = world();
  const service = breaker({ name: "service", consecutiveFailures: 1, openMs: 1_000 });
  const running = w.start(
    consume(w.source(), { ordering: "none" }).pipe(
      handleBatch(
        async () => {
          await new Promise<void>((resolve) => void w.clock.schedule(10, resolve));
          throw Object.assign(new Error("never"), { failureClass: "transient" });
        },
        { breaker: service, concurrency: 1, maxMessages: 3 },
      ),
      retry({ attempts: 3, backoff: constant(10) }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  w.append("a", "b", "c");
  await w.clock.advance(300_000);
  expect(w.deadLetters.messages).toHaveLength(3);
  expect(await running.stop()).toMatchObject({ delivered: 3, deadLettered: 3 });
});
