import type { Payload, Sink } from "@spillway/spec";
import { expect, test } from "vitest";
import { checkpoint, constant, consume, deadLetter, decode, failed, handle, handleBatch, retry, text } from "./index.ts";
import { textOf, world, type World } from "./testing/world.ts";

interface Seen {
  /** Each call of the batch handler. */
  readonly batches: string[][];
  /** What reached the next stage, in its order. */
  readonly after: string[];
}

/** A pipeline in key order whose batch handler answers for each message, and fails those that `fails` names for as long as that does. */
function start(
  w: World,
  seen: Seen,
  fails: (value: string) => unknown,
  options: {
    readonly deadLetters?: Sink<Payload>;
    readonly keys?: "skip-one" | "dead-letter-until-cleared";
    readonly isLast?: boolean;
  } = {},
) {
  const { deadLetters = w.deadLetters, keys = "skip-one", isLast = false } = options;
  return w.start(
    consume(w.source(), { ordering: "key" }).pipe(
      decode(text()),
      handleBatch<string, string>(
        (values) => {
          seen.batches.push([...values]);
          return values.map((value) => {
            const error = fails(value);
            return error === undefined ? `${value}!` : failed(error);
          });
        },
        { maxMessages: 10, lingerMs: 10, concurrency: 1 },
      ),
      isLast ? (source) => source : handle((value) => (seen.after.push(value), value)),
      retry({ attempts: 3, backoff: constant(1_000) }),
      deadLetter(deadLetters, { keys }),
      checkpoint(),
    ),
    { drainTimeoutMs: 100 },
  );
}

const poison = Object.assign(new TypeError("poison"), { failureClass: "permanent" });

test("G3: what has passed in a batch behind a failed message of its key goes on after that, and is not run again", async () => {
  const w = world();
  const seen: Seen = { batches: [], after: [] };
  let failures = 0;
  const running = start(w, seen, (value) => (value === "a1" && failures++ < 2 ? new Error("not yet") : undefined));
  w.append("a=a1", "b=b1", "a=a2", "a=a3");
  await w.clock.advance(50);
  w.append("a=a4");
  await w.clock.advance(500);
  expect(seen.after).toEqual(["b1!"]);
  await w.clock.advance(5_000);
  expect(seen.after).toEqual(["b1!", "a1!", "a2!", "a3!", "a4!"]);
  expect(seen.batches).toEqual([["a1", "a2", "a3", "b1"], ["a1"], ["a1"], ["a4"]]);
  expect(await running.stop()).toMatchObject({ succeeded: 5, retries: 2 });
});

test("G3: what has passed in a batch goes on once the dead letter of the one before it is confirmed", async () => {
  const w = world();
  const seen: Seen = { batches: [], after: [] };
  const slow: Sink<Payload> = {
    ...w.deadLetters,
    async write(messages, options) {
      await new Promise<void>((resolve) => void w.clock.schedule(500, resolve));
      return await w.deadLetters.write(messages, options);
    },
  };
  const running = start(w, seen, (value) => (value === "a1" ? poison : undefined), { deadLetters: slow });
  w.append("a=a1", "a=a2", "b=b1");
  for (let atMs = 0; atMs < 10_000; atMs += 100) {
    await w.clock.advance(100);
    if (seen.after.includes("a2!")) expect(w.deadLetters.messages).toHaveLength(1);
  }
  expect(seen.after).toEqual(["b1!", "a2!"]);
  expect(seen.batches.flat().filter((value) => value === "a2")).toHaveLength(1);
  expect(await running.stop()).toMatchObject({ succeeded: 2, deadLettered: 1 });
});

test.each([false, true])(
  "what has passed in a batch follows a dead letter of its key, where later ones are to follow (last stage: %s)",
  async (isLast) => {
    const w = world();
    const seen: Seen = { batches: [], after: [] };
    const running = start(w, seen, (value) => (value === "a1" ? poison : undefined), { keys: "dead-letter-until-cleared", isLast });
    w.append("a=a1", "a=a2", "a=a3", "b=b1");
    await w.clock.advance(10_000);
    expect(w.deadLetters.messages.map(({ value }) => textOf(value))).toEqual(["a1", "a2", "a3"]);
    expect(seen.after).toEqual(isLast ? [] : ["b1!"]);
    expect(await running.stop()).toMatchObject({ succeeded: 1, deadLettered: 3 });
  },
);

test("G9: what has passed in a batch behind a message that waits for its retry is aborted with it at a stop, and delivered again after it", async () => {
  const w = world();
  const seen: Seen = { batches: [], after: [] };
  let isMended = false;
  const fails = (value: string): unknown => (value === "a1" && !isMended ? new Error("not yet") : undefined);
  const first = start(w, seen, fails);
  w.append("a=a1", "a=a2", "b=b1");
  await w.clock.advance(200);
  expect(await first.stop()).toMatchObject({ succeeded: 1, aborted: 2 });
  isMended = true;
  const second = start(w, seen, fails);
  await w.clock.advance(5_000);
  expect(seen.after).toEqual(["b1!", "a1!", "a2!"]);
  await second.stop();
});
