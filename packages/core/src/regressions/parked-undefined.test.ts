// What was wrong: a message whose value a stage has made undefined (any handler that returns nothing) gets its raw payload back as the value when it is
// put together again after a wait: its retry runs with another input than its first attempt had. Why: ParkingLot cannot tell "undefined" from "not changed".
// Mended so: a stand-in for undefined.
import { expect, test } from "vitest";
import { checkpoint, constant, consume, deadLetter, handle, retry } from "../index.ts";
import { world } from "../testing/world.ts";

test("a retry has the input that the first attempt had, also when that is undefined", async () => {
  const w = world();
  const inputs: unknown[] = [];
  const running = w.start(
    consume(w.source(), { ordering: "none" }).pipe(
      handle(() => undefined),
      handle((value, { attempt }) => {
        inputs.push(value);
        if (attempt === 1) throw new Error("once");
      }),
      retry({ attempts: 3, backoff: constant(100) }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  w.append("a");
  await w.clock.advance(1_000);
  expect(inputs).toEqual([undefined, undefined]);
  await running.stop();
});
