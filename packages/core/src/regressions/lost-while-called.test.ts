// What was wrong: a partition that is lost while a handler's function is being called (it gave the lease up itself, or hung so long that the loss came with its return)
// aborts that message; the function's result was taken for an answer none the less, and the message went on to the next stage. G8: no attempt starts.
// Why: nothing looked between the call and its result. Mended so: the result of a message that was aborted meanwhile is dropped.
import { expect, test } from "vitest";
import { checkpoint, constant, consume, decode, haltOnFailure, handle, retry, text, type HandleContext } from "../index.ts";
import { leased } from "../testing/leased.ts";
import { world } from "../testing/world.ts";

type Answer = (context: HandleContext) => unknown;

test.each<readonly [string, Answer]>([
  ["a value", () => "value"],
  ["a promise", async () => "value"],
  ["a promise that is rejected", async () => Promise.reject(new Error("too late"))],
  [
    "nothing, but throws",
    () => {
      throw new Error("too late");
    },
  ],
  ["a promise, and asked for its signal", async ({ signal }) => signal.aborted],
])("G8: a message that is lost while its handler is called goes no further (it returns %s)", async (_, answer) => {
  const w = world();
  const lost = new AbortController();
  const further: unknown[] = [];
  const running = w.start(
    consume(
      leased(w, () => ({ drain: lost.signal, lost: lost.signal })),
      { ordering: "none" },
    ).pipe(
      decode(text()),
      handle((_value, context) => {
        if (context.attempt === 1) throw new Error("not yet");
        lost.abort(new Error("lost"));
        return answer(context);
      }),
      handle((value) => void further.push(value)),
      retry({ attempts: 3, backoff: constant(10) }),
      haltOnFailure(),
      checkpoint(),
    ),
  );
  w.append("a");
  await w.clock.advance(1_000);
  expect(await running.stop()).toMatchObject({ delivered: 1, succeeded: 0, aborted: 1, inFlight: 0 });
  expect(further).toEqual([]);
  expect(w.events.filter(({ type }) => type === "retrying")).toHaveLength(1);
});
