// What was wrong: user code that runs inside the chain but outside a handler (a backoff, a breaker's `counts`) or that answers nonsense (a rule of classify) throws
// through the engine: after a synchronous handler into the reader, with Gate.pumping left true for ever (nothing starts any more, the page is read again and
// credits are returned twice); after an asynchronous one as an unhandled rejection that ends the process. G13.
// Mended so: guard the three calls. A net in Gate.pump (try/finally) and in Slot's callbacks (run.fail) would be worth having besides.
import { expect, test, vi } from "vitest";
import {
  breaker,
  checkpoint,
  classify,
  constant,
  consume,
  deadLetter,
  decode,
  handle,
  retry,
  text,
  type Backoff,
  type Rule,
} from "../index.ts";
import { textOf, world } from "../testing/world.ts";

const throws: Backoff = {
  says: "throws",
  delayMs() {
    throw new Error("a bug in the backoff");
  },
};

test.each([
  ["backoff", "sync"],
  ["backoff", "async"],
  ["counts", "sync"],
  ["counts", "async"],
  ["rule", "sync"],
  ["rule", "async"],
] as const)("G13: a %s that fails (%s handler) changes no outcome and does not end the stream", async (what, how) => {
  const unhandled = vi.fn();
  process.on("unhandledRejection", unhandled);
  const w = world();
  const handled: string[] = [];
  const work = (value: string): void => {
    if (value === "bad") throw new Error("no");
    handled.push(value);
  };
  const service = breaker({
    name: "service",
    counts: () => {
      if (what === "counts") throw new Error("a bug in counts");
      return false;
    },
  });
  const rule = (() => "nonsense") as unknown as Rule;
  const running = w.start(
    consume(w.source(), { ordering: "key" }).pipe(
      decode(text()),
      handle<string, unknown>(how === "sync" ? work : async (value) => work(value), { breaker: service }),
      classify(...(what === "rule" ? [rule] : [])),
      retry({ attempts: 2, backoff: what === "backoff" ? throws : constant(10) }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  w.append("a=bad", "b=fine");
  await w.clock.advance(60_000);
  w.append("c=later");
  await w.clock.advance(60_000);
  process.off("unhandledRejection", unhandled);
  expect(unhandled).not.toHaveBeenCalled();
  expect(w.deadLetters.messages.map(({ value }) => textOf(value))).toEqual(["bad"]);
  expect(handled).toEqual(["fine", "later"]);
  expect(await running.stop()).toMatchObject({ delivered: 3, succeeded: 2, deadLettered: 1 });
});
