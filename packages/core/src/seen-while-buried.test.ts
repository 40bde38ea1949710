// While a handler runs, its stage alone knows of the delivery; whoever takes that over must be found by explain() and by a stop.
import type { Payload, Sink } from "@spillway/spec";
import { expect, test } from "vitest";
import { checkpoint, consume, deadLetter, decode, explain, handle, text } from "./index.ts";
import { world } from "./testing/world.ts";

/** A promise that cannot be waited for. */
function broken(): unknown {
  return Object.assign(Promise.resolve(), {
    then(): never {
      throw new Error("no answer");
    },
  });
}

test.each<readonly [string, () => unknown]>([
  [
    "throws",
    () => {
      throw new Error("fails");
    },
  ],
  ["rejects", async () => Promise.reject(new Error("fails"))],
  ["does not settle in time", () => new Promise<never>(() => {})],
  ["returns a promise whose then() throws", broken],
])("a message whose handler %s is seen while its dead letter is written, and aborted with it", async (_, fail) => {
  const w = world();
  const hangs: Sink<Payload> = { ...w.deadLetters, write: () => new Promise(() => {}) };
  const pipeline = consume(w.source(), { ordering: "none" }).pipe(
    decode(text()),
    handle(fail, { timeoutMs: 100 }),
    deadLetter(hangs),
    checkpoint(),
  );
  const running = w.start(pipeline);
  w.append("a");
  await w.clock.advance(1_000);
  expect(explain(pipeline).feeds?.[0]?.firstUnsettled).toMatchObject({ state: "waits for its dead letter after a failure at handle" });
  expect(await running.stop()).toMatchObject({ delivered: 1, aborted: 1, inFlight: 0 });
});
