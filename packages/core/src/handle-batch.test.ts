import { SpillwayError } from "@spillway/spec";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  checkpoint,
  constant,
  consume,
  deadLetter,
  decode,
  failed,
  haltOnFailure,
  handleBatch,
  retry,
  text,
  when,
  classify,
} from "./index.ts";
import { metadataOf, textOf, world, type World } from "./testing/world.ts";

type Handler = Parameters<typeof handleBatch<string>>[0];

function start(w: World, handler: Handler, ordering: "none" | "key" | "partition" = "none", maxMessages = 16) {
  return w.start(
    consume(w.source(), { ordering }).pipe(
      decode(text()),
      handleBatch<string>(handler, { maxMessages, lingerMs: 10, concurrency: 1 }),
      classify(when(TypeError, "permanent")),
      retry({ attempts: 3, backoff: constant(100) }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
}

test("a batch goes when it is full, and what is left goes after the linger", async () => {
  const w = world();
  const sizes: number[] = [];
  const running = start(w, (values) => void sizes.push(values.length), "none", 4);
  w.append(..."abcdefghij");
  await w.clock.settle();
  expect(sizes).toEqual([4, 4]);
  await w.clock.advance(10);
  expect(sizes).toEqual([4, 4, 2]);
  expect(await running.stop()).toMatchObject({ delivered: 10, succeeded: 10 });
});

test("a batch that goes full takes its linger with it: the next one's first message waits the whole of its own", async () => {
  const w = world();
  const sizes: number[] = [];
  const running = start(w, (values) => void sizes.push(values.length), "none", 4);
  w.append(..."abc");
  await w.clock.advance(6);
  w.append("d");
  await w.clock.settle();
  expect(sizes).toEqual([4]);
  w.append("e");
  await w.clock.advance(9);
  expect(sizes).toEqual([4]);
  await w.clock.advance(1);
  expect(sizes).toEqual([4, 1]);
  await running.stop();
});

test("a batch holds at most maxBytes of payload, and a message that is larger goes alone", async () => {
  const w = world();
  const batches: string[][] = [];
  const running = w.start(
    consume(w.source(), { ordering: "none" }).pipe(
      decode(text()),
      handleBatch<string>((values) => void batches.push([...values]), { maxMessages: 100, maxBytes: 10, lingerMs: 10, concurrency: 1 }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  w.append("aaaa", "bbbb", "cccc", "dd", "eeee", "a very long message", "f", "gggg");
  await w.clock.advance(1_000);
  expect(batches).toEqual([["aaaa", "bbbb"], ["cccc", "dd", "eeee"], ["a very long message"], ["f", "gggg"]]);
  expect(await running.stop()).toMatchObject({ succeeded: 8 });
});

test("a lane's messages that share a batch count for its maxBytes as well", async () => {
  const w = world();
  const batches: string[][] = [];
  const running = w.start(
    consume(w.source(), { ordering: "key" }).pipe(
      decode(text()),
      handleBatch<string>((values) => void batches.push([...values]), { maxMessages: 100, maxBytes: 10, lingerMs: 10, concurrency: 1 }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  w.append("k=aaaa", "k=bbbb", "k=cccc");
  await w.clock.advance(1_000);
  expect(batches).toEqual([["aaaa", "bbbb"], ["cccc"]]);
  await running.stop();
});

test("an opaque failure is bisected: good messages pass once, each poison costs at most log2(n) + 1 further calls, rounded up", async () => {
  const batches = fc.integer({ min: 1, max: 40 }).chain((size) => fc.tuple(fc.constant(size), fc.subarray([...Array(size).keys()])));
  await fc.assert(
    fc.asyncProperty(batches, async ([size, poison]) => {
      const w = world();
      const passed: string[] = [];
      let calls = 0;
      const bad = new Set(poison.map(String));
      const running = start(
        w,
        async (values) => {
          calls++;
          if (values.some((value) => bad.has(value))) throw new TypeError("one of these is bad");
          passed.push(...values);
        },
        "none",
        size,
      );
      w.append(...Array.from({ length: size }, (_, index) => String(index)));
      await w.clock.runUntil(() => passed.length + w.deadLetters.messages.length === size);
      await running.stop();
      expect(calls - 1).toBeLessThanOrEqual(bad.size * (Math.ceil(Math.log2(size)) + 1));
      expect(new Set(passed).size).toBe(passed.length);
      expect(w.deadLetters.messages.map(({ value }) => textOf(value)).sort()).toEqual([...bad].sort());
    }),
    { numRuns: 80 },
  );
});

test("a failed message holds the later messages of its key, within its batch and beyond", async () => {
  const w = world();
  const calls: string[][] = [];
  let failures = 0;
  const running = start(
    w,
    (values) => {
      calls.push([...values]);
      if (values.includes("a2") && failures++ < 3) throw new Error("a2 fails");
    },
    "key",
  );
  w.append("a=a1", "b=b1", "a=a2", "a=a3", "b=b2");
  await w.clock.advance(10);
  w.append("a=a4");
  await w.clock.advance(500);
  const order = calls.flat();
  const firstSuccess = (value: string): number => order.lastIndexOf(value);
  expect(firstSuccess("a2")).toBeLessThan(order.indexOf("a4"));
  expect(order.filter((value) => value === "b2").length).toBeLessThanOrEqual(2);
  expect(calls.filter((call) => call.includes("a4"))).toHaveLength(1);
  expect(await running.stop()).toMatchObject({ delivered: 6, succeeded: 6 });
});

test("results for each message: values, failures by index, or failed() in an aligned array", async () => {
  const w = world();
  const running = w.start(
    consume(w.source(), { ordering: "none" }).pipe(
      decode(text()),
      handleBatch((values) => values.map((value) => (value === "bad" ? failed(new TypeError("bad")) : value.length)), { lingerMs: 0 }),
      handleBatch(
        (lengths: readonly number[]) =>
          new Map(lengths.flatMap((length, index) => (length > 4 ? [[index, new TypeError("long")] as const] : []))),
        { lingerMs: 0 },
      ),
      classify(when(TypeError, "permanent")),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  w.append("ok", "bad", "longer", "fine");
  await w.clock.advance(100);
  expect(await running.stop()).toMatchObject({ succeeded: 2, deadLettered: 2 });
  expect(w.deadLetters.messages.map(({ value }) => textOf(value)).sort()).toEqual(["bad", "longer"]);
});

test.each<[string, (values: readonly string[]) => ReadonlyMap<number, unknown> | readonly string[], string]>([
  ["an array that is too short", (values) => values.slice(1), "0 results"],
  ["an array that is too long", (values) => [...values, "more"], "2 results"],
  ["a Map with an index behind the last", (values) => new Map([[values.length, new Error("whose?")]]), "key 1 is"],
  ["a Map with an index before the first", () => new Map([[-1, new Error("whose?")]]), "key -1 is"],
  ["a Map with an index between two", () => new Map([[0.5, new Error("whose?")]]), "key 0.5 is"],
])("%s tells nothing about any message: it counts as a throw", async (_name, answer, said) => {
  const w = world();
  const calls: string[][] = [];
  const handler = (values: readonly string[]): readonly string[] | ReadonlyMap<number, unknown> => {
    calls.push([...values]);
    return values.includes("c") ? answer(values) : values;
  };
  const running = w.start(
    consume(w.source(), { ordering: "none" }).pipe(
      decode(text()),
      handleBatch<string, string>(handler as (values: readonly string[]) => readonly string[], { maxMessages: 4, lingerMs: 10 }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  w.append("a", "b", "c", "d");
  await w.clock.advance(100);
  expect(calls).toEqual([["a", "b", "c", "d"], ["a", "b"], ["c"], ["d"]]);
  expect(w.deadLetters.messages.map(({ value }) => textOf(value))).toEqual(["c"]);
  expect(w.deadLetters.messages.map((letter) => metadataOf(letter).error)).toMatchObject([
    { code: "SPILLWAY_RESULT_MISMATCH", message: expect.stringContaining(said) },
  ]);
  expect(await running.stop()).toMatchObject({ succeeded: 3, deadLettered: 1 });
});

test.each(["resource", "time-out"] as const)(
  "what is too much at once (%s) halves this batch and the next ones, which grow back slowly",
  async (how) => {
    const w = world();
    const sizes: number[] = [];
    let most = 4;
    const running = w.start(
      consume(w.source(), { ordering: "none" }).pipe(
        decode(text()),
        handleBatch<string>(
          (values) => {
            sizes.push(values.length);
            if (values.length <= most) return undefined;
            if (how === "time-out") return new Promise<void>(() => {});
            throw new SpillwayError("too much", { code: "SPILLWAY_TEST", failureClass: "resource" });
          },
          { maxMessages: 16, lingerMs: 10, concurrency: 1, timeoutMs: 1_000 },
        ),
        haltOnFailure(),
        checkpoint(),
      ),
    );
    w.append(...Array.from({ length: 32 }, (_, index) => String(index)));
    await w.clock.advance(60_000);
    // What is left of the first batch is asked for in pieces of the size that is known to pass; a size that grew too far is halved again.
    expect(sizes.slice(0, 8)).toEqual([16, 8, 4, 4, 5, 2, 3, 3]);
    most = 16;
    const from = sizes.length;
    w.append(...Array.from({ length: 400 }, (_, index) => String(index)));
    await w.clock.advance(60_000);
    const grown = sizes.slice(from);
    const steps = grown.map((size, index) => size - (grown[index - 1] ?? size));
    expect(Math.max(...steps)).toBe(1);
    expect(Math.max(...grown)).toBe(16);
    expect(await running.stop()).toMatchObject({ succeeded: 432 });
  },
);

test("batches shrink down to one message, and one that is too much by itself is tried again as transient", async () => {
  const w = world();
  const calls: string[][] = [];
  const running = start(w, (values) => {
    calls.push([...values]);
    if (values.length > 1 || values[0] === "b") throw new SpillwayError("too much", { code: "SPILLWAY_TEST", failureClass: "resource" });
  });
  w.append("a", "b", "c");
  await w.clock.advance(5_000);
  expect(calls.filter((values) => values.length === 1).flat()).toEqual(["a", "b", "c", "b", "b"]);
  expect(w.deadLetters.messages.map(({ value }) => textOf(value))).toEqual(["b"]);
  expect(await running.stop()).toMatchObject({ succeeded: 2, deadLettered: 1, retries: 2 });
});
