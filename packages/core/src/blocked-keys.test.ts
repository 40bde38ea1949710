import { memoryQueue, memoryQueueSource, memorySource } from "@spillway/memory";
import { SpillwayError } from "@spillway/spec";
import { expect, test } from "vitest";
import { checkpoint, clearKeys, constant, consume, deadLetter, decode, explain, handle, handleBatch, retry, text } from "./index.ts";
import { metadataOf, textOf, world, type World } from "./testing/world.ts";

function pipeline(w: World, handled: string[], later: "handle" | "batch" = "handle") {
  const head = consume(w.source(), { ordering: "key" }).pipe(decode(text()));
  const work = (value: string): string => {
    handled.push(value);
    if (value.startsWith("bad")) throw new TypeError("it is bad");
    return value;
  };
  const body = head.pipe(
    later === "handle" ? handle(work) : handleBatch<string, string>((values: readonly string[]) => values.map(work), { lingerMs: 0 }),
  );
  return body.pipe(
    retry({ attempts: 2, backoff: constant(100) }),
    deadLetter(w.deadLetters, { keys: "dead-letter-until-cleared" }),
    checkpoint({ everyMessages: 1, everyMs: 100 }),
  );
}

test.each(["handle", "batch"] as const)(
  "later messages of a dead letter's key follow it, in order and without being worked on (%s)",
  async (later) => {
    const w = world();
    const handled: string[] = [];
    const running = w.start(pipeline(w, handled, later));
    w.append("k=bad1", "other=x", "k=a");
    await w.clock.advance(2_000);
    w.append("k=b", "other=y");
    await w.clock.advance(2_000);
    expect(w.deadLetters.messages.map(({ value }) => textOf(value))).toEqual(["bad1", "a", "b"]);
    expect(w.deadLetters.messages.map((letter) => metadataOf(letter).error.code)).toEqual([
      undefined,
      "SPILLWAY_KEY_BLOCKED",
      "SPILLWAY_KEY_BLOCKED",
    ]);
    expect(w.deadLetters.messages.map((letter) => metadataOf(letter).disposition)).toEqual(["exhausted", "permanent", "permanent"]);
    expect(handled).not.toContain("a");
    expect(handled.filter((value) => ["x", "y"].includes(value))).toEqual(expect.arrayContaining(["x", "y"]));
    expect(await running.stop()).toMatchObject({ deadLettered: 3, succeeded: 2 });
  },
);

test("blocked keys are kept over a restart, until they are cleared", async () => {
  const w = world();
  const handled: string[] = [];
  const first = w.start(pipeline(w, handled));
  w.append("k=bad1", "m=bad2");
  await w.clock.advance(2_000);
  await first.stop();
  const again = pipeline(w, handled);
  const second = w.start(again);
  w.append("k=a");
  await w.clock.advance(2_000);
  expect(handled).not.toContain("a");
  expect(clearKeys(again, ["k", "unknown"])).toEqual(["k"]);
  w.append("k=b", "m=c");
  await w.clock.advance(2_000);
  await second.stop();
  expect(handled).toContain("b");
  const third = w.start(pipeline(w, handled));
  w.append("k=d", "m=e");
  await w.clock.advance(2_000);
  await third.stop();
  expect(handled).toContain("d");
  expect(w.deadLetters.messages.map(({ value }) => textOf(value))).toEqual(["bad1", "bad2", "a", "c", "e"]);
});

test("with more blocked keys than its checkpoints can keep, the pipeline stops and says so", async () => {
  const w = world();
  const { checkpoints } = w.stores;
  const keepsTwo = { ...checkpoints, maxNotes: 2 };
  const source = memorySource({ log: w.log, consumer: "test", stores: { ...w.stores, checkpoints: keepsTwo } });
  const handled: string[] = [];
  const running = w.start(pipeline({ ...w, source: () => source }, handled));
  const outcome = running.report.catch((error: unknown) => error);
  w.append("a=bad", "b=bad", "a=follows");
  await w.clock.advance(5_000);
  expect(w.deadLetters.messages).toHaveLength(3);
  w.append("c=bad");
  await w.clock.advance(60_000);
  expect(await outcome).toMatchObject({
    code: "SPILLWAY_TOO_MANY_BLOCKED_KEYS",
    message: expect.stringContaining("3 keys of orders-0 are blocked by dead letters, and its checkpoints keep 2"),
  });
});

test("a queue cannot keep blocked keys: the pipeline stops and says so", async () => {
  const w = world();
  const queue = memoryQueue({ name: "jobs", groups: true, clock: w.clock });
  queue.send([{ key: "k", value: Buffer.from("bad") }]);
  const running = w.start(
    consume(memoryQueueSource({ queue }), { ordering: "key" }).pipe(
      handle(() => {
        throw new Error("no");
      }),
      deadLetter(w.deadLetters, { keys: "dead-letter-until-cleared" }),
      checkpoint(),
    ),
  );
  const outcome = running.report.catch((error: unknown) => error);
  await w.clock.advance(60_000);
  expect(await outcome).toMatchObject({ message: expect.stringContaining("skip-one") });
});

test.each([
  { earlier: "slow", deadLetters: ["undecodable"], report: { succeeded: 1, deadLettered: 1 } },
  { earlier: "slow bad", deadLetters: ["slow bad", "undecodable"], report: { succeeded: 0, deadLettered: 2 } },
])("G3: a dead letter of a key waits for what is before it at later stages, which it does not block: $earlier", async (expected) => {
  const w = world();
  const slow = consume(w.source(), { ordering: "key" }).pipe(
    decode(text()),
    handle((value: string) => value),
    handle(async (value: string) => {
      await new Promise<void>((resolve) => void w.clock.schedule(1_000, resolve));
      if (value.endsWith("bad")) throw new SpillwayError("it is bad", { code: "SPILLWAY_TEST", failureClass: "permanent" });
    }),
    deadLetter(w.deadLetters, { keys: "dead-letter-until-cleared" }),
    checkpoint(),
  );
  const running = w.start(slow);
  w.append(`k=${expected.earlier}`);
  w.log.append([{ key: "k", value: Buffer.from([0xff]) }]);
  await w.clock.advance(500);
  expect(w.deadLetters.messages).toEqual([]);
  await w.clock.advance(5_000);
  const letters = w.deadLetters.messages.map((letter) =>
    metadataOf(letter).disposition === "decode" ? "undecodable" : textOf(letter.value),
  );
  expect(letters).toEqual(expected.deadLetters);
  expect(await running.stop()).toMatchObject(expected.report);
});

test("a dead letter that waits for what is before it is not written in a drain: it comes again after that", async () => {
  const w = world();
  const stuck = consume(w.source(), { ordering: "key" }).pipe(
    decode(text()),
    handle((value: string) => value),
    handle(() => new Promise<void>(() => {})),
    deadLetter(w.deadLetters, { keys: "dead-letter-until-cleared" }),
    checkpoint(),
  );
  const running = w.start(stuck, { drainTimeoutMs: 100 });
  w.append("other=x");
  await w.clock.advance(1_000);
  w.append("k=stuck");
  w.log.append([{ key: "k", value: Buffer.from([0xff]) }]);
  await w.clock.advance(1_000);
  expect(explain(stuck).feeds[0]?.unsettled).toBe(3);
  expect(await running.stop()).toMatchObject({ deadLettered: 0, aborted: 3 });
  expect(w.deadLetters.messages).toEqual([]);
});
