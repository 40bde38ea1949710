import { expect, test } from "vitest";
import { checkpoint, constant, consume, deadLetter, handle, handleBatch, retry, type HandleContext } from "./index.ts";
import { metadataOf, world } from "./testing/world.ts";

type Handler = (value: unknown, context: HandleContext) => unknown;

async function outcomeOf(handler: Handler): Promise<{ outcome: string; error: string | undefined; attempts: number }> {
  const w = world();
  let attempts = 0;
  const running = w.start(
    consume(w.source(), { ordering: "key" }).pipe(
      handle(
        (value, context) => {
          attempts++;
          return handler(value, context);
        },
        { timeoutMs: 1_000 },
      ),
      retry({ attempts: 2, backoff: constant(10) }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  w.append("k=a", "k=b");
  await w.clock.advance(10_000);
  const report = await running.stop();
  const [letter] = w.deadLetters.messages;
  expect(report.delivered).toBe(report.succeeded + report.deadLettered + report.aborted);
  return {
    outcome: report.succeeded === 2 ? "succeeded" : report.deadLettered === 2 ? "dead-lettered" : "other",
    error: letter === undefined ? undefined : metadataOf(letter).error.message,
    attempts,
  };
}

/** Settles like a promise and is none. */
class Thenable {
  then(resolve: (value: string) => void): void {
    resolve("done");
  }
}

test.each<[string, Handler, string, string | undefined, number]>([
  ["returns", () => 1, "succeeded", undefined, 2],
  ["returns undefined", () => undefined, "succeeded", undefined, 2],
  ["resolves", async () => 1, "succeeded", undefined, 2],
  ["resolves undefined", async () => {}, "succeeded", undefined, 2],
  ["returns a thenable that is no promise", () => new Thenable(), "succeeded", undefined, 2],
  [
    "throws",
    () => {
      throw new Error("thrown");
    },
    "dead-lettered",
    "thrown",
    4,
  ],
  ["rejects", async () => Promise.reject(new Error("rejected")), "dead-lettered", "rejected", 4],
  [
    "throws something that is no Error",
    () => {
      throw "text";
    },
    "dead-lettered",
    "text",
    4,
  ],
  [
    "throws undefined",
    () => {
      throw undefined;
    },
    "dead-lettered",
    "undefined",
    4,
  ],
  ["rejects with undefined", async () => Promise.reject(undefined), "dead-lettered", "undefined", 4],
  ["never settles", () => new Promise(() => {}), "dead-lettered", expect.stringContaining("did not settle within 1000 ms"), 4],
  [
    "settles after it was aborted",
    (_value, { signal }) => new Promise((resolve) => signal.addEventListener("abort", () => resolve("late"))),
    "dead-lettered",
    expect.stringContaining("did not settle"),
    4,
  ],
  [
    "rejects when it is aborted",
    (_value, { signal }) => new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    "dead-lettered",
    expect.stringContaining("did not settle"),
    4,
  ],
])("G12: a handler that %s has a known outcome", async (_name, handler, outcome, error, attempts) => {
  expect(await outcomeOf(handler)).toEqual({ outcome, error, attempts });
});

test("G12: a batch handler that hangs fails with class resource, so that batches shrink and each message is bounded", async () => {
  const w = world();
  const sizes: number[] = [];
  const running = w.start(
    consume(w.source(), { ordering: "none" }).pipe(
      handleBatch(
        (values) => {
          sizes.push(values.length);
          return new Promise<void>(() => {});
        },
        { timeoutMs: 100, maxMessages: 4, concurrency: 1 },
      ),
      retry({ attempts: 2, backoff: constant(10) }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  w.append("a", "b", "c", "d");
  await w.clock.advance(10_000);
  expect(sizes[0]).toBe(4);
  expect(Math.max(...sizes.slice(1))).toBeLessThanOrEqual(2);
  expect(await running.stop()).toMatchObject({ deadLettered: 4 });
});
