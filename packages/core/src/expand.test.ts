import { memoryQueue, memoryQueueSource } from "@spillway/memory";
import { expect, test } from "vitest";
import { checkpoint, constant, consume, deadLetter, decode, expand, handle, retry, text } from "./index.ts";
import { metadataOf, textOf, world } from "./testing/world.ts";

test("children are handled one by one, and the parent is settled when all are", async () => {
  const { clock, source, append, start, deadLetters } = world();
  const handled: string[] = [];
  let release: (() => void) | undefined;
  const running = start(
    consume(source(), { ordering: "key" }).pipe(
      decode(text()),
      expand((value) => value.split(",")),
      handle(async (child) => {
        if (child === "slow") await new Promise<void>((resolve) => (release = resolve));
        handled.push(child);
      }),
      deadLetter(deadLetters),
      checkpoint({ everyMessages: 1 }),
    ),
  );
  append("k=a,b,slow", "k=c", "other=d");
  await clock.settle();
  expect(handled.toSorted()).toEqual(["a", "b", "d"]);
  release?.();
  await clock.settle();
  expect(handled.slice(3)).toEqual(["slow", "c"]);
  expect(await running.stop()).toMatchObject({ delivered: 8, succeeded: 8, inFlight: 0 });
});

test("a child fails, is retried and dead-lettered on its own", async () => {
  const { clock, source, append, start, deadLetters } = world();
  const handled: string[] = [];
  const running = start(
    consume(source(), { ordering: "none" }).pipe(
      decode(text()),
      expand((value) => value.split(",")),
      handle((child) => {
        handled.push(child);
        if (child === "bad") throw new Error("no");
      }),
      retry({ attempts: 2, backoff: constant(100) }),
      deadLetter(deadLetters),
      checkpoint(),
    ),
  );
  append("a,bad,b");
  await clock.advance(1_000);
  expect(handled).toEqual(["a", "bad", "b", "bad"]);
  expect(deadLetters.messages.map(({ value }) => textOf(value))).toEqual(["bad"]);
  expect(deadLetters.messages.map((letter) => metadataOf(letter).id)).toEqual([expect.stringMatching(/#1$/)]);
  expect(await running.stop()).toMatchObject({ succeeded: 3, deadLettered: 1 });
});

test("a message without children is filtered", async () => {
  const { clock, source, append, start, deadLetters } = world();
  const running = start(
    consume(source(), { ordering: "none" }).pipe(
      decode(text()),
      expand((): string[] => []),
      deadLetter(deadLetters),
      checkpoint(),
    ),
  );
  append("x");
  await clock.advance(10);
  expect(await running.stop()).toMatchObject({ delivered: 1, filtered: 1 });
});

test("a split that fails half-way is retried after its children have ended, and then dead-lettered", async () => {
  const { clock, source, append, start, deadLetters } = world();
  const handled: string[] = [];
  const running = start(
    consume(source(), { ordering: "key" }).pipe(
      decode(text()),
      expand(function* (value) {
        yield value;
        throw new Error("the rest is missing");
      }),
      handle((child) => void handled.push(child)),
      retry({ attempts: 2, backoff: constant(100) }),
      deadLetter(deadLetters),
      checkpoint(),
    ),
  );
  append("k=a", "k=b");
  await clock.advance(1_000);
  expect(handled).toEqual(["a", "a", "b", "b"]);
  expect(deadLetters.messages.map(({ value }) => textOf(value))).toEqual(["a", "b"]);
  expect(await running.stop()).toMatchObject({ succeeded: 4, deadLettered: 2 });
});

test("at most maxChildren of a message are under way", async () => {
  const { clock, source, append, start, deadLetters } = world();
  let under = 0;
  let most = 0;
  const running = start(
    consume(source(), { ordering: "none" }).pipe(
      decode(text()),
      expand(
        function* () {
          for (let child = 0; child < 100; child++) yield child;
        },
        { maxChildren: 5 },
      ),
      handle(async () => {
        most = Math.max(most, ++under);
        await new Promise<void>((resolve) => clock.schedule(10, resolve));
        under--;
      }),
      deadLetter(deadLetters),
      checkpoint(),
    ),
  );
  append("x");
  await clock.advance(1_000);
  expect(most).toBe(5);
  expect(await running.stop()).toMatchObject({ succeeded: 101 });
});

test("children that were done before a crash are not run again by the same version", async () => {
  const w = world();
  w.append("a,b,stuck,c,d");
  const handled: string[] = [];
  const pipeline = (stuck: boolean) =>
    consume(w.source(), { ordering: "none" }).pipe(
      decode(text()),
      expand((value) => value.split(",")),
      handle((child) => {
        if (child === "stuck" && stuck) return new Promise<void>(() => {});
        handled.push(child);
        return undefined;
      }),
      deadLetter(w.deadLetters),
      checkpoint({ everyMs: 100 }),
    );
  const first = w.start(pipeline(true), { drainTimeoutMs: 100, version: "1" });
  await w.clock.advance(1_000);
  expect(handled.toSorted()).toEqual(["a", "b", "c", "d"]);
  expect(await first.stop()).toMatchObject({ aborted: 2 });
  const second = w.start(pipeline(true), { drainTimeoutMs: 100, version: "1" });
  await w.clock.advance(1_000);
  expect(handled.slice(4)).toEqual([]);
  await second.stop();
  const otherVersion = w.start(pipeline(false), { version: "2" });
  await w.clock.advance(1_000);
  expect(handled.slice(4).toSorted()).toEqual(["a", "b", "c", "d", "stuck"]);
  expect(await otherVersion.stop()).toMatchObject({ delivered: 6, succeeded: 6 });
});

test.each([
  ["parent", 1],
  ["none", 4],
] as const)("with ordering %s, %d children of a key are at work at once", async (ordering, expected) => {
  const w = world();
  let under = 0;
  let most = 0;
  const running = w.start(
    consume(w.source(), { ordering: "key" }).pipe(
      decode(text()),
      expand((value) => value.split(","), { ordering }),
      handle(async () => {
        most = Math.max(most, ++under);
        await new Promise<void>((resolve) => void w.clock.schedule(10, resolve));
        under--;
      }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  w.append("k=a,b", "k=c,d");
  await w.clock.advance(1_000);
  expect(most).toBe(expected);
  expect(await running.stop()).toMatchObject({ succeeded: 6 });
});

test.each<[string, (value: string) => Iterable<string> | AsyncIterable<string>]>([
  ["a list", (value) => [...value]],
  ["a set", (value) => new Set(value)],
  ["a text", (value) => value],
  [
    "a generator",
    function* (value) {
      yield* value;
    },
  ],
  [
    "an asynchronous generator",
    async function* (value) {
      yield* value;
    },
  ],
])("children may come as %s", async (_name, split) => {
  const w = world();
  const handled: string[] = [];
  const running = w.start(
    consume(w.source(), { ordering: "key" }).pipe(
      decode(text()),
      expand(split),
      handle((child) => void handled.push(child)),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  w.append("k=abc");
  await w.clock.advance(100);
  expect(handled).toEqual(["a", "b", "c"]);
  expect(await running.stop()).toMatchObject({ succeeded: 4 });
});

test("a queue's message stays ours while its children are under way, and is deleted when all have ended", async () => {
  const w = world();
  const queue = memoryQueue({ name: "jobs", clock: w.clock, visibilityTimeoutMs: 3_000 });
  const handled: string[] = [];
  const running = w.start(
    consume(memoryQueueSource({ queue }), { ordering: "none" }).pipe(
      decode(text()),
      expand((value) => value.split(",")),
      handle((child, { attempt }) => {
        handled.push(child);
        if (child === "b" && attempt < 3) throw new Error("not yet");
        if (child === "bad") throw Object.assign(new Error("never"), { failureClass: "permanent" });
      }),
      retry({ attempts: 3, backoff: constant(10_000), giveBackAfterMs: 1_000 }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  queue.send([{ value: Buffer.from("a,b,bad,c") }]);
  await w.clock.advance(15_000);
  expect(queue.counts()).toEqual({ held: 1, hidden: 1 });
  await w.clock.advance(10_000);
  expect(queue.counts().held).toBe(0);
  expect(handled).toEqual(["a", "b", "bad", "c", "b", "b"]);
  expect(await running.stop()).toMatchObject({ delivered: 5, succeeded: 4, deadLettered: 1, aborted: 0 });
});
