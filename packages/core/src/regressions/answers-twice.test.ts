// What was wrong: a handler's result that is like a promise and answers twice settled the message that its slot ran by then: that one passed while its handler was still at
// work, and was lost when that failed.
// Why: slots are used again, and their callbacks with them. Mended so: only the language's own promises, which answer once, get the callbacks; others are wrapped in one.
import { expect, test } from "vitest";
import { checkpoint, consume, deadLetter, decode, handle, text } from "../index.ts";
import { textOf, world } from "../testing/world.ts";

test("a result that answers twice does not answer for the next message", async () => {
  const w = world();
  const twice = {
    then(resolve: (value: string) => void): void {
      resolve("once");
      w.clock.schedule(50, () => resolve("twice"));
    },
  };
  const failsLate = (): Promise<never> => new Promise((_, reject) => void w.clock.schedule(100, () => reject(new Error("fails"))));
  const running = w.start(
    consume(w.source(), { ordering: "none" }).pipe(
      decode(text()),
      handle((value): unknown => (value === "a" ? twice : failsLate()), { concurrency: 1 }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  w.append("a", "b");
  await w.clock.advance(10_000);
  expect(w.deadLetters.messages.map(({ value }) => textOf(value))).toEqual(["b"]);
  expect(await running.stop()).toMatchObject({ succeeded: 1, deadLettered: 1 });
});

/** A promise that cannot be waited for. */
function broken(): unknown {
  return Object.assign(Promise.resolve(), {
    then(): never {
      throw new Error("no answer");
    },
  });
}

test("a promise whose then() throws is a failure of its message alone", async () => {
  const w = world();
  const running = w.start(
    consume(w.source(), { ordering: "key" }).pipe(
      decode(text()),
      handle((value): unknown => (value === "a" ? broken() : undefined), { concurrency: 1 }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  w.append("k=a", "k=b", "k=c");
  await w.clock.advance(10_000);
  expect(w.deadLetters.messages.map(({ value }) => textOf(value))).toEqual(["a"]);
  expect(await running.stop()).toMatchObject({ succeeded: 2, deadLettered: 1 });
});
