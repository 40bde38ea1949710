import { expect, test } from "vitest";
import { checkpoint, consume, constant, deadLetter, decode, handle, retry, text } from "./index.ts";
import { metadataOf, textOf, world } from "./testing/world.ts";

test("a handler's result becomes the value of the next stage", async () => {
  const { clock, source, append, start, deadLetters } = world();
  const seen: string[] = [];
  const running = start(
    consume(source(), { ordering: "none" }).pipe(
      decode(text()),
      handle(async (value) => value.toUpperCase()),
      handle((value) => void seen.push(value)),
      deadLetter(deadLetters),
      checkpoint(),
    ),
  );
  append("a", "b", "c");
  await clock.runUntil(() => seen.length === 3);
  const report = await running.stop();
  expect(seen).toEqual(["A", "B", "C"]);
  expect(report).toMatchObject({ delivered: 3, succeeded: 3, inFlight: 0, aborted: 0 });
});

test("G4: a failed message is tried again and then dead-lettered with its original bytes, while other keys pass", async () => {
  const { clock, source, append, start, deadLetters } = world();
  const attempts: string[] = [];
  const running = start(
    consume(source(), { ordering: "key" }).pipe(
      decode(text()),
      handle((value, { attempt }) => {
        attempts.push(`${value}${attempt}`);
        if (value === "bad") throw new Error("no");
      }),
      retry({ attempts: 3, backoff: constant(1_000) }),
      deadLetter(deadLetters),
      checkpoint(),
    ),
  );
  append("k=a", "k=bad", "k=c", "other=d");
  await clock.runUntil(() => deadLetters.messages.length === 1);
  await clock.advance(10);
  expect(attempts).toEqual(["a1", "bad1", "d1", "bad2", "bad3", "c1"]);
  const report = await running.stop();
  expect(report).toMatchObject({ delivered: 4, succeeded: 3, deadLettered: 1, retries: 2 });
  expect(deadLetters.messages.map(({ value }) => textOf(value))).toEqual(["bad"]);
  expect(deadLetters.messages.map(metadataOf)).toMatchObject([{ v: 1, disposition: "exhausted", attempts: 3, stage: "handle" }]);
});
