// What was wrong: messages of a lane may share a batch, so one that is tried again took along what was behind it. When a later message of the lane makes every
// call fail as a whole, with an error that calls itself transient, the first one, with which nothing is wrong, failed with it at every attempt, and became a dead
// letter before it.
// Found by the simulator, when it began to hold some messages' failures up until all the rest has ended. Mended so: a message that is tried again takes nothing
// of its lane along.
import { SpillwayError } from "@spillway/spec";
import { expect, test } from "vitest";
import { checkpoint, constant, consume, deadLetter, decode, handleBatch, retry, text } from "../index.ts";
import { textOf, world } from "../testing/world.ts";

test("G4: a message does not fail again and again for a later one of its lane", async () => {
  const w = world();
  const calls: string[] = [];
  w.append("a=fine", "a=bad", "a=last");
  const running = w.start(
    consume(w.source(), { ordering: "key" }).pipe(
      decode(text()),
      handleBatch((values) => {
        calls.push(values.join(" "));
        if (values.includes("bad")) throw new SpillwayError("throttled", { code: "SPILLWAY_TEST", failureClass: "transient" });
      }),
      retry({ attempts: 3, backoff: constant(100) }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  await w.clock.advance(10_000);
  expect(w.deadLetters.messages.map(({ value }) => textOf(value))).toEqual(["bad"]);
  expect(calls).toEqual(["fine bad last", "fine", "bad last", "bad", "bad", "last"]);
  await running.stop();
});
