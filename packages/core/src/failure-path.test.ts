import { memoryQueue, memoryQueueSource, memorySink, memorySource } from "@spillway/memory";
import { SpillwayError, type CheckpointStore, type Payload, type QueueSource, type Sink } from "@spillway/spec";
import { expect, test } from "vitest";
import {
  checkpoint,
  classify,
  constant,
  consume,
  deadLetter,
  deadLetterBudget,
  decode,
  explain,
  handle,
  publish,
  retry,
  retryBudget,
  text,
  when,
} from "./index.ts";
import { metadataOf, textOf, world, type World } from "./testing/world.ts";

/** A pipeline in which "bad…" is permanent and all else passes, over a sink for the dead letters. */
function withDeadLetters(w: World, sink: Sink<Payload>, handled: string[] = [], options: Parameters<typeof deadLetter>[1] = {}) {
  return consume(w.source(), { ordering: "key" }).pipe(
    decode(text()),
    handle((value) => {
      handled.push(value);
      if (value.startsWith("bad")) throw new TypeError(`${value} is bad`);
    }),
    classify(when(TypeError, "permanent")),
    deadLetter(sink, options),
    checkpoint({ everyMessages: 1, everyMs: 100 }),
  );
}

/** A sink that answers as it is told. */
function scriptedSink(answer: (batch: readonly { value: Payload }[]) => ReturnType<Sink<Payload>["write"]>): Sink<Payload> {
  return { name: "scripted", traits: { maxBatchSize: 10, order: "none" }, write: (batch) => answer(batch) };
}

test("G7: a dead-letter sink that is down holds its lane and then the source, and recovers by itself", async () => {
  const w = world();
  let down = true;
  const collected = memorySink<Payload>();
  const sink = scriptedSink(async (batch) => {
    if (down) throw new Error("the dead letters' sink is down");
    return await collected.write(batch, { signal: new AbortController().signal });
  });
  const handled: string[] = [];
  const pipeline = withDeadLetters(w, sink, handled);
  const running = w.start(pipeline);
  w.append("k=bad1", "k=after", "other=fine");
  await w.clock.advance(5_000);
  expect(handled).toEqual(["bad1", "fine"]);
  expect(explain(pipeline).feeds[0]?.firstUnsettled?.state).toContain("waits for its dead letter");
  w.append(...Array.from({ length: 400 }, (_, index) => `k${index}=bad`));
  await w.clock.advance(5_000);
  expect(explain(pipeline).gates).toMatchObject([{ gate: "dead letters" }, { gate: "crowded" }]);
  const heldAt = handled.length;
  w.append("late=fine");
  await w.clock.advance(5_000);
  expect(handled).toHaveLength(heldAt);
  down = false;
  await w.clock.advance(60_000);
  expect(handled).toContain("after");
  expect(collected.messages).toHaveLength(401);
  expect(await running.stop()).toMatchObject({ deadLettered: 401, aborted: 0, inFlight: 0 });
});

test("a dead letter that is too large loses its stack first, and then is refused loudly, never dropped", async () => {
  const w = world();
  const stacks: (string | undefined)[] = [];
  let limit = 1;
  const sink = scriptedSink(async (batch) => {
    stacks.push(...batch.map((letter) => metadataOf(letter).error.stack));
    return batch.map(() =>
      stacks.length <= limit ? { ok: false, error: new SpillwayError("too large", { code: "SPILLWAY_OVERSIZE" }) } : { ok: true },
    );
  });
  const running = w.start(withDeadLetters(w, sink));
  w.append("k=bad1");
  await w.clock.advance(1_000);
  expect(stacks).toEqual([expect.any(String), undefined]);
  limit = 100;
  w.append("k=bad2");
  await w.clock.advance(60_000);
  expect(w.events.filter(({ type }) => type === "dead-letter-failed").length).toBeGreaterThan(2);
  const report = await running.stop();
  expect(report).toMatchObject({ deadLettered: 1, aborted: 1 });
});

test("a dead letter keeps key, payload and headers, and replaces an older dead letter's metadata", async () => {
  const w = world();
  const running = w.start(withDeadLetters(w, w.deadLetters));
  w.log.append([
    {
      key: "k",
      value: Buffer.from("bad"),
      headers: [
        ["a", "1"],
        ["a", "2"],
        ["traceparent", "00-x"],
      ],
    },
  ]);
  await w.clock.advance(1_000);
  const [first] = w.deadLetters.messages;
  if (first === undefined) throw new Error("no dead letter");
  expect(first.key).toBe("k");
  expect(textOf(first.value)).toBe("bad");
  expect(first.headers?.slice(0, 3)).toEqual([
    ["a", "1"],
    ["a", "2"],
    ["traceparent", "00-x"],
  ]);
  expect(metadataOf(first)).toMatchObject({
    disposition: "permanent",
    redriveCount: 0,
    traceparent: "00-x",
    source: { name: "orders", consumer: "test", key: "k" },
  });
  w.log.append([first]);
  await w.clock.advance(1_000);
  const again = w.deadLetters.messages[1];
  if (again === undefined) throw new Error("no second dead letter");
  expect(again.headers).toHaveLength(4);
  expect(metadataOf(again)).toMatchObject({ id: metadataOf(first).id, redriveCount: 1 });
  await running.stop();
});

test("a checkpoint that must not be saved stops the pipeline, and nothing is settled by it", async () => {
  const w = world();
  const denied = new SpillwayError("no permission to write the table", { code: "SPILLWAY_TEST_DENIED", failureClass: "fatal" });
  const { checkpoints } = w.stores;
  const store: CheckpointStore = { maxDone: 10, load: (...call) => checkpoints.load(...call), save: () => Promise.reject(denied) };
  const source = memorySource({ log: w.log, consumer: "test", stores: { ...w.stores, checkpoints: store } });
  const running = w.start(
    consume(source, { ordering: "none" }).pipe(
      handle(() => undefined),
      deadLetter(w.deadLetters),
      checkpoint({ everyMs: 100 }),
    ),
  );
  const outcome = running.report.catch((error: unknown) => error);
  w.append("a");
  await w.clock.advance(60_000);
  expect(await outcome).toMatchObject({ code: "SPILLWAY_TEST_DENIED" });
});

test("a queue whose messages must not be deleted stops the pipeline, and keeps them", async () => {
  const w = world();
  const denied = new SpillwayError("no permission to delete", { code: "SPILLWAY_TEST_DENIED", failureClass: "fatal" });
  const queue = memoryQueue({ name: "jobs", clock: w.clock });
  queue.send([{ value: Buffer.from("a") }]);
  const source: QueueSource<Payload> = {
    ...memoryQueueSource({ queue }),
    ack: async (receipts) => receipts.map(() => ({ ok: false, error: denied })),
  };
  const running = w.start(
    consume(source, { ordering: "none" }).pipe(
      handle(() => undefined),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  const outcome = running.report.catch((error: unknown) => error);
  await w.clock.advance(120_000);
  expect(await outcome).toMatchObject({ code: "SPILLWAY_TEST_DENIED" });
  expect(queue.counts().held).toBe(1);
});

test("G7: a checkpoint store that is down holds the source after a while, visibly, and nothing is lost", async () => {
  const w = world();
  let down = true;
  const { checkpoints } = w.stores;
  const store: CheckpointStore = {
    ...checkpoints,
    maxDone: checkpoints.maxDone,
    load: (...call) => checkpoints.load(...call),
    save: async (...call) => {
      if (down) throw new Error("the store is down");
      await checkpoints.save(...call);
    },
  };
  const source = memorySource({ log: w.log, consumer: "test", stores: { ...w.stores, checkpoints: store }, maxBatchSize: 20 });
  let handled = 0;
  const pipeline = consume(source, { ordering: "none", maxInFlight: 50 }).pipe(
    handle(() => void handled++),
    deadLetter(w.deadLetters),
    checkpoint({ everyMessages: 10, everyMs: 1_000 }),
  );
  const running = w.start(pipeline);
  w.append(...Array.from({ length: 300 }, (_, index) => String(index)));
  await w.clock.advance(3_000);
  const heldAt = handled;
  expect(heldAt).toBeLessThan(300);
  await w.clock.advance(10_000);
  expect(handled).toBe(heldAt);
  expect(explain(pipeline).gates).toMatchObject([{ gate: "checkpoint", says: expect.stringContaining("the store is down") }]);
  down = false;
  await w.clock.advance(60_000);
  expect(handled).toBe(300);
  expect(await running.stop()).toMatchObject({ succeeded: 300 });
});

test.each([
  ["rejects", async () => Promise.reject(new Error("no"))],
  [
    "throws something that is no Error",
    () => {
      throw "no";
    },
  ],
  ["gives too few results", async () => []],
  ["refuses each message", async (batch: readonly unknown[]) => batch.map(() => ({ ok: false as const, error: new Error("no") }))],
])("a sink that %s fails its messages: publish is retried and never re-runs the handler", async (_name, answer) => {
  const w = world();
  let failures = 2;
  const collected = memorySink<Payload>();
  const sink = scriptedSink(async (batch) =>
    failures-- > 0 ? await answer(batch) : await collected.write(batch, { signal: new AbortController().signal }),
  );
  let handled = 0;
  const running = w.start(
    consume(w.source(), { ordering: "key" }).pipe(
      handle((value: Payload) => {
        handled++;
        return value;
      }),
      publish(sink, (value) => ({ key: "x", value })),
      retry({ attempts: 5, backoff: constant(100) }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  w.append("k=a");
  await w.clock.advance(5_000);
  expect(handled).toBe(1);
  expect(collected.messages.map(({ value }) => textOf(value))).toEqual(["a"]);
  expect(await running.stop()).toMatchObject({ succeeded: 1, retries: 2 });
});

test("a dead-letter budget halts the pipeline, says why, and leaves the message unsettled", async () => {
  const w = world();
  const running = w.start(withDeadLetters(w, w.deadLetters, [], { budget: deadLetterBudget({ maxConsecutive: 3 }) }));
  const outcome = running.report.catch((error: unknown) => error);
  w.append("a=ok", ...Array.from({ length: 10 }, (_, index) => `k${index}=bad${index}`));
  await w.clock.advance(60_000);
  expect(await outcome).toMatchObject({ code: "SPILLWAY_DEAD_LETTER_BUDGET", message: expect.stringContaining("4 dead letters in a row") });
  expect(w.deadLetters.messages.length).toBeLessThanOrEqual(3);
});

test("a dead-letter budget that holds lets the source rest, and then goes on", async () => {
  const w = world();
  const handled: string[] = [];
  const budget = deadLetterBudget({ maxRatio: 0.5, window: 10, beyond: "hold", holdMs: 30_000 });
  const running = w.start(withDeadLetters(w, w.deadLetters, handled, { budget }));
  w.append(...Array.from({ length: 20 }, (_, index) => `k${index}=bad${index}`));
  await w.clock.advance(1_000);
  expect(w.events.find(({ type }) => type === "held")).toMatchObject({ forMs: 30_000 });
  const rested = w.deadLetters.messages.length;
  w.append("a=ok");
  await w.clock.advance(20_000);
  expect(w.deadLetters.messages).toHaveLength(rested);
  expect(handled).not.toContain("ok");
  await w.clock.advance(200_000);
  expect(handled).toContain("ok");
  expect(await running.stop()).toMatchObject({ deadLettered: 20, succeeded: 1 });
});

test("a retry budget bounds retries over all messages, and first attempts never wait for it", async () => {
  const w = world();
  const attempts: number[] = [];
  const budget = retryBudget({ share: 0, floorPerSecond: 2, maxSaved: 5 });
  const running = w.start(
    consume(w.source(), { ordering: "none" }).pipe(
      handle((_value, { attempt }) => {
        attempts.push(attempt);
        if (attempt < 2) throw new Error("once");
      }),
      retry({ attempts: 3, backoff: constant(10), budget }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  w.append(...Array.from({ length: 50 }, (_, index) => String(index)));
  await w.clock.advance(1_000);
  expect(attempts.filter((attempt) => attempt === 1)).toHaveLength(50);
  const retried = attempts.filter((attempt) => attempt === 2).length;
  expect(retried).toBeGreaterThanOrEqual(5);
  expect(retried).toBeLessThanOrEqual(8);
  await w.clock.advance(60_000);
  expect(attempts.filter((attempt) => attempt === 2)).toHaveLength(50);
  expect(await running.stop()).toMatchObject({ succeeded: 50, retries: 50 });
});
