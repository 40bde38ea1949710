// What was wrong: after a crash, one message at a time is attempted in the whole process. A message behind a failing one of its lane was started, came as far as
// the stage at which that one had failed, and stood there: until the next attempt of that one it had the turn, and nothing else of the process went on. So did
// each that was behind it, one after another. On a queue, a message that must run alone waited for all that stood behind failing ones in their groups, and
// everything behind it in the queue waited as well. And a message that was expanded had the turn until its last child had ended, however long one of them
// waited for its retry. G4.
// Found by the simulator, when it began to hold some messages' failures up until all the rest has ended. Mended so: nothing behind a failing message of its lane
// is started while messages start with care; what stands behind one is not being attempted; nor is a message whose children all wait.
import { memoryQueue, memoryQueueSource } from "@spillway/memory";
import type { QueueMessage, Payload } from "@spillway/spec";
import { pipe } from "rxjs";
import { expect, test } from "vitest";
import { checkpoint, constant, consume, deadLetter, decode, expand, explain, handle, retry, text } from "../index.ts";
import { leased } from "../testing/leased.ts";
import { textOf, world, type World } from "../testing/world.ts";

/** Ends a pipeline whose last handler fails for "bad" until hours have passed, and writes down what has passed it. */
function failingOnes(w: World, passed: string[]) {
  return pipe(
    handle((value: string) => {
      if (value === "bad") throw new Error("not yet");
      passed.push(value);
    }),
    retry({ attempts: 5, backoff: constant(3_600_000) }),
    deadLetter(w.deadLetters),
    checkpoint(),
  );
}

/** A queue whose messages of one group are given out as often as the test says. */
function groupQueue(w: World, receives: Readonly<Record<string, number>>) {
  const queue = memoryQueue({ name: "jobs", groups: true, clock: w.clock });
  const { receive, ...rest } = memoryQueueSource({ queue });
  const counted = (message: QueueMessage<Payload>): QueueMessage<Payload> => ({
    ...message,
    receiveCount: receives[textOf(message.value)] ?? message.receiveCount,
  });
  return { queue, source: { ...rest, receive: async (options: Parameters<typeof receive>[0]) => (await receive(options)).map(counted) } };
}

test("G4: after a crash, what is behind a failing message of its lane keeps the turn from nobody", async () => {
  const w = world();
  const passed: string[] = [];
  w.append("a=bad", "a=behind", "a=further behind", "b=fine", "c=fine too");
  const running = w.start(
    consume(
      leased(w, () => ({ takeover: "unclean" })),
      { ordering: "key" },
    ).pipe(
      decode(text()),
      handle((value) => value),
      failingOnes(w, passed),
    ),
  );
  await w.clock.advance(60_000);
  expect(passed).toEqual(["fine", "fine too"]);
  await w.clock.advance(5 * 3_600_000);
  expect(passed).toEqual(["fine", "fine too", "behind", "further behind"]);
  await running.stop();
});

test("G4: after a crash, a message whose child waits for its retry holds its own lane and nothing else", async () => {
  const w = world();
  const passed: string[] = [];
  w.append("bad", "fine");
  const running = w.start(
    consume(
      leased(w, () => ({ takeover: "unclean" })),
      { ordering: "none" },
    ).pipe(
      decode(text()),
      expand((value) => [value, `beside ${value}`, `more beside ${value}`], { ordering: "none", maxChildren: 2, toPayload: Buffer.from }),
      failingOnes(w, passed),
    ),
  );
  await w.clock.advance(60_000);
  expect(passed).toEqual(["beside bad", "more beside bad", "fine", "beside fine", "more beside fine"]);
  await running.stop();
});

test("G4: after a crash, a message whose children wait for their retries or behind one that does keeps the turn from nobody", async () => {
  const w = world();
  const passed: string[] = [];
  w.append("a=bad", "b=fine");
  const running = w.start(
    consume(
      leased(w, () => ({ takeover: "unclean" })),
      { ordering: "key" },
    ).pipe(
      decode(text()),
      expand((value) => [value, `behind ${value}`], { ordering: "parent", toPayload: Buffer.from }),
      failingOnes(w, passed),
    ),
  );
  await w.clock.advance(60_000);
  expect(passed).toEqual(["fine", "behind fine"]);
  await w.clock.advance(5 * 3_600_000);
  expect(passed).toEqual(["fine", "behind fine", "behind bad"]);
  await running.stop();
});

test("G4: messages whose children wait for their retries cost no concurrency, after a crash or not", async () => {
  for (const takeover of ["clean", "unclean"] as const) {
    const w = world();
    const passed: string[] = [];
    w.append("bad", "bad", "fine");
    const running = w.start(
      consume(
        leased(w, () => ({ takeover })),
        { ordering: "none" },
      ).pipe(
        decode(text()),
        expand((value) => [value, value, `last ${value}`], { ordering: "none", concurrency: 1, maxChildren: 2, toPayload: Buffer.from }),
        failingOnes(w, passed),
      ),
    );
    await w.clock.advance(60_000);
    expect(passed).toEqual(["fine", "fine", "last fine"]);
    await w.clock.advance(5 * 3_600_000);
    expect(passed.slice(3)).toEqual(["last bad", "last bad"]);
    expect(await running.stop()).toMatchObject({ deadLettered: 4, inFlight: 0 });
  }
});

test("G4: a queue's message that must run alone does not wait for what stands behind failing ones, and the queue says what it waits for", async () => {
  const w = world();
  const passed: string[] = [];
  const { queue, source } = groupQueue(w, { suspect: 5 });
  queue.send([
    { key: "a", value: Buffer.from("bad") },
    { key: "a", value: Buffer.from("behind") },
    { key: "b", value: Buffer.from("suspect") },
    { key: "c", value: Buffer.from("fine") },
  ]);
  const ends: (() => void)[] = [];
  const pipeline = consume(source, { ordering: "key", crashLimit: 3 }).pipe(
    decode(text()),
    handle((value) => (value === "bad" ? value : new Promise<string>((resolve) => ends.push(() => resolve(value)))), { concurrency: 10 }),
    failingOnes(w, passed),
  );
  const running = w.start(pipeline);
  const alone = [{ gate: "careful", says: expect.stringMatching(/^jobs: .* is run alone$/) }];
  // What is behind the failing one is being worked on, then the suspect, then what was kept from starting beside that.
  for (const [gates, so] of [
    [alone, []],
    [alone, []],
    [[], ["suspect"]],
    [[], ["suspect", "fine"]],
  ] as const) {
    await w.clock.advance(10_000);
    expect(explain(pipeline).gates).toMatchObject(gates);
    expect(passed).toEqual(so);
    ends.shift()?.();
  }
  await running.stop();
});

test("G4: a queue's message that must run alone and is behind a failing one of its group keeps nobody waiting", async () => {
  const w = world();
  const passed: string[] = [];
  const { queue, source } = groupQueue(w, { suspect: 5 });
  queue.send([
    { key: "a", value: Buffer.from("bad") },
    { key: "a", value: Buffer.from("suspect") },
    { key: "c", value: Buffer.from("fine") },
  ]);
  const running = w.start(
    consume(source, { ordering: "key", crashLimit: 3 }).pipe(
      decode(text()),
      handle((value) => value),
      failingOnes(w, passed),
    ),
  );
  await w.clock.advance(60_000);
  expect(passed).toEqual(["fine"]);
  await w.clock.advance(5 * 3_600_000);
  expect(passed).toEqual(["fine", "suspect"]);
  await running.stop();
});

test("G4: a queue's message that must run alone does not wait for children that stand behind a failing one", async () => {
  const w = world();
  const passed: string[] = [];
  const { queue, source } = groupQueue(w, { suspect: 5 });
  queue.send([
    { key: "a", value: Buffer.from("bad") },
    { key: "a", value: Buffer.from("behind") },
    { key: "b", value: Buffer.from("suspect") },
    { key: "c", value: Buffer.from("fine") },
  ]);
  const running = w.start(
    consume(source, { ordering: "key", crashLimit: 3 }).pipe(
      decode(text()),
      expand((value) => [value], { ordering: "parent", toPayload: Buffer.from }),
      failingOnes(w, passed),
    ),
  );
  await w.clock.advance(60_000);
  expect(passed).toEqual(["suspect", "fine"]);
  await running.stop();
});
