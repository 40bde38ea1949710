import { SpillwayError, type FencingToken } from "@spillway/spec";
import { memoryLog, memorySource, type MemorySource } from "@spillway/memory";
import { filter as rxFilter, map as rxMap, tap, type Observable } from "rxjs";
import { expect, test } from "vitest";
import {
  checkpoint,
  classify,
  constant,
  consume,
  consumeAll,
  deadLetter,
  decode,
  explain,
  filter,
  haltOnFailure,
  handle,
  health,
  map,
  retry,
  run,
  sayExplanation,
  text,
  type EngineEvent,
  when,
  type Settled,
} from "./index.ts";
import { world, type World } from "./testing/world.ts";

function simple(
  w: World,
  handler: (value: string) => unknown,
  options: { ordering?: "none" | "key" | "partition"; maxInFlight?: number; concurrency?: number; source?: MemorySource } = {},
): Observable<Settled> {
  const { ordering = "none", maxInFlight = 1_000, concurrency = 64, source = w.source() } = options;
  return consume(source, { ordering, maxInFlight, leaseDurationMs: 3_000 }).pipe(
    decode(text()),
    handle(handler, { concurrency }),
    retry({ attempts: 2, backoff: constant(60_000) }),
    deadLetter(w.deadLetters),
    checkpoint({ everyMessages: 10, everyMs: 1_000 }),
  );
}

function later(w: World, delayMs: number): Promise<void> {
  return new Promise((resolve) => void w.clock.schedule(delayMs, resolve));
}

test("G9: on the signal, started work finishes, waiting work is aborted, and the rest is delivered to the next run", async () => {
  const w = world();
  const finished: string[] = [];
  const slow = async (value: string): Promise<void> => {
    await later(w, 500);
    finished.push(value);
  };
  w.append(..."abcdefghij");
  const first = w.start(simple(w, slow, { concurrency: 4 }));
  await w.clock.advance(100);
  const report = await first.stop();
  expect(w.events.find(({ type }) => type === "draining")).toMatchObject({ inFlight: 10, running: 4 });
  expect(finished).toEqual(["a", "b", "c", "d"]);
  expect(report).toMatchObject({ delivered: 10, succeeded: 4, aborted: 6, inFlight: 0, stoppedBecause: "the test stops it" });
  const second = w.start(simple(w, slow, { concurrency: 4 }));
  await w.clock.advance(3_000);
  expect(finished).toEqual([..."abcdefghij"]);
  expect(await second.stop()).toMatchObject({ delivered: 6, succeeded: 6 });
});

test("G9: at the drain deadline, handlers are told, and their messages are delivered again", async () => {
  const w = world();
  w.append("a");
  let reason: unknown;
  const pipeline = consume(w.source(), { ordering: "none" }).pipe(
    decode(text()),
    handle((_value, { signal }) => new Promise<void>(() => signal.addEventListener("abort", () => (reason = signal.reason)))),
    deadLetter(w.deadLetters),
    checkpoint(),
  );
  const running = w.start(pipeline, { drainTimeoutMs: 2_000 });
  await w.clock.advance(100);
  expect(await running.stop()).toMatchObject({ delivered: 1, aborted: 1 });
  expect(reason).toBeInstanceOf(Error);
  expect(w.events.find(({ type }) => type === "deadline")).toMatchObject({ messages: [{ timestampMs: expect.any(Number) }] });
  expect(w.clock.pending).toBe(0);
});

test("G10: after a crash every unsettled message is delivered again, and what was done beyond the watermark is not", async () => {
  const w = world();
  w.append(..."abcdef");
  const seen: string[] = [];
  const subscription = simple(w, async (value) => {
    seen.push(value);
    if (value === "b" && seen.length < 7) await new Promise(() => {});
  });
  const first = w.start(subscription);
  await w.clock.advance(2_000);
  expect(seen).toEqual([..."abcdef"]);
  void first.report.catch(() => {});
  // The process is gone: nothing of it renews its lease any more.
  const records = await w.stores.leases.list("test/orders", { signal: new AbortController().signal });
  const [held] = records.filter(({ owner }) => owner !== undefined);
  if (held === undefined) throw new Error("no lease is held");
  const stolen = { ...held, version: held.version + 1, token: (held.token + 1) as FencingToken, owner: "somebody else" };
  await w.stores.leases.compareAndSet("test/orders", held.version, stolen, { signal: new AbortController().signal });
  const second = w.start(simple(w, (value) => void seen.push(value)));
  await w.clock.advance(30_000);
  expect(seen.slice(6)).toEqual(["b"]);
  await second.stop();
  await first.stop();
});

test("a message that fails as fatal stops the pipeline and stays unsettled; what was settled is saved", async () => {
  const w = world();
  w.append("a", "b", "c");
  const pipeline = consume(w.source(), { ordering: "partition" }).pipe(
    decode(text()),
    handle((value) => {
      if (value === "b") throw new SpillwayError("no permission", { code: "SPILLWAY_TEST", failureClass: "fatal" });
    }),
    deadLetter(w.deadLetters),
    checkpoint(),
  );
  const running = w.start(pipeline);
  const outcome = running.report.catch((error: unknown) => error);
  await w.clock.advance(60_000);
  expect(await outcome).toMatchObject({ code: "SPILLWAY_TEST" });
  expect(health(pipeline)).toMatchObject({ live: false, ready: false });
  const seen: string[] = [];
  const second = w.start(simple(w, (value) => void seen.push(value)));
  await w.clock.advance(1_000);
  expect(seen).toEqual(["b", "c"]);
  await second.stop();
});

test("haltOnFailure stops at the first message that has finally failed, and says what to do", async () => {
  const w = world();
  w.append("a", "bad", "c");
  const running = w.start(
    consume(w.source(), { ordering: "partition" }).pipe(
      decode(text()),
      handle((value) => {
        if (value === "bad") throw new Error("it is bad");
      }),
      haltOnFailure(),
      checkpoint(),
    ),
  );
  const outcome = running.report.catch((error: unknown) => error);
  await w.clock.advance(60_000);
  expect(await outcome).toMatchObject({ code: "SPILLWAY_HALTED", message: expect.stringContaining("it is bad") });
});

test("unsubscribing abandons: nothing more is settled, and all of it is delivered again", async () => {
  const w = world();
  w.append("a", "b");
  const seen: string[] = [];
  const started = new Promise<void>((resolve) => {
    const subscription = simple(w, (value) => {
      seen.push(value);
      if (value === "b") setImmediate(() => resolve(subscription.unsubscribe()));
      return new Promise<void>(() => {});
    }).subscribe();
  });
  await started;
  const again: string[] = [];
  const second = w.start(simple(w, (value) => void again.push(value)));
  await w.clock.advance(30_000);
  expect(again).toEqual(seen);
  await second.stop();
});

test("a user's own operators see open deliveries only, and may stand between any two of ours", async () => {
  const w = world();
  const seen: string[] = [];
  const running = w.start(
    consume(w.source(), { ordering: "key" }).pipe(
      decode(text()),
      filter((value) => value !== "drop", "dropped"),
      tap(({ value }) => seen.push(value)),
      handle((value) => {
        if (value === "bad") throw new TypeError("bad");
        return value.length;
      }),
      rxMap((delivery) => delivery),
      map((length) => length + 1),
      classify(when(TypeError, "permanent")),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  w.append("k=aa", "k=drop", "k=bad", "k=b");
  await w.clock.advance(1_000);
  expect(seen).toEqual(["aa", "bad", "b"]);
  expect(await running.stop()).toMatchObject({ succeeded: 2, filtered: 1, deadLettered: 1, inFlight: 0 });
});

test("an operator that emits something else than a delivery stops the pipeline with advice", async () => {
  const w = world();
  w.append("a");
  const running = w.start(
    consume(w.source(), { ordering: "none" }).pipe(
      decode(text()),
      rxMap((delivery) => ({ ...delivery })),
      handle(() => {}),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  const outcome = running.report.catch((error: unknown) => error);
  await w.clock.advance(60_000);
  expect(await outcome).toMatchObject({ code: "SPILLWAY_INVALID_OPTIONS", message: expect.stringContaining("map()") });
});

test("a pipeline that runs already is refused", async () => {
  const w = world();
  const pipeline = simple(w, () => {});
  const running = w.start(pipeline);
  await expect(run(pipeline, { clock: w.clock })).rejects.toMatchObject({
    code: "SPILLWAY_INVALID_OPTIONS",
    message: expect.stringContaining("running already"),
  });
  await running.stop();
});

test("a source object that a running pipeline reads is refused to another one, and free again when that has ended", async () => {
  const w = world();
  const source = w.source();
  const over = (): Observable<Settled> => simple(w, () => {}, { source });
  const first = w.start(over());
  await expect(run(over(), { clock: w.clock })).rejects.toMatchObject({
    code: "SPILLWAY_INVALID_OPTIONS",
    message: expect.stringContaining('the source object of "orders" is being read by a pipeline that runs'),
  });
  w.append("k=a");
  await w.clock.advance(1_000);
  expect(await first.stop()).toMatchObject({ succeeded: 1 });
  const second = w.start(over());
  w.append("k=b");
  await w.clock.advance(1_000);
  expect(await second.stop()).toMatchObject({ succeeded: 1 });
});

test("a source object that a broken run has read is free again", async () => {
  const w = world();
  const source = w.source();
  const over = (handler: () => void): Observable<Settled> =>
    consume(source, { ordering: "key" }).pipe(handle(handler), haltOnFailure(), checkpoint());
  const first = w.start(
    over(() => {
      throw new SpillwayError("cannot go on", { code: "SPILLWAY_TEST", failureClass: "fatal" });
    }),
  );
  const outcome = first.report.catch((error: unknown) => error);
  w.append("k=a");
  await w.clock.advance(60_000);
  expect(await outcome).toMatchObject({ code: "SPILLWAY_HALTED" });
  const second = w.start(over(() => {}));
  await w.clock.advance(60_000);
  expect(await second.stop()).toMatchObject({ succeeded: 1 });
});

test("a pipeline that was refused one of its sources leaves the others free", async () => {
  const w = world();
  const other = memorySource({ log: memoryLog({ name: "other", clock: w.clock }), consumer: "test", stores: w.stores });
  const read = w.source();
  const first = w.start(simple(w, () => {}, { source: read }));
  await expect(
    run(consumeAll([{ source: other }, { source: read }], { ordering: "key" }).pipe(haltOnFailure(), checkpoint()), { clock: w.clock }),
  ).rejects.toMatchObject({ code: "SPILLWAY_INVALID_OPTIONS" });
  const second = w.start(simple(w, () => {}, { source: other }));
  await w.clock.advance(1_000);
  await second.stop();
  await first.stop();
});

test("G13: a listener that throws changes nothing and is counted", async () => {
  const w = world();
  w.append("a");
  const running = w.start(
    simple(w, () => {}),
    {
      onEvent: () => {
        throw new Error("the listener is broken");
      },
    },
  );
  await w.clock.advance(2_000);
  const report = await running.stop();
  expect(report.succeeded).toBe(1);
  expect(report.listenerErrors).toBeGreaterThan(0);
});

test("explain says what a pipeline promises before, and what holds it while it runs", async () => {
  const w = world();
  const pipeline = simple(w, (value) => {
    if (value === "bad") throw new Error("it is bad");
  });
  expect(explain(pipeline)).toMatchObject({
    state: "not started",
    sources: [{ name: "orders", kind: "log" }],
    stages: [{ name: "decode" }, { name: "handle" }, { name: "retry" }, { name: "deadLetter" }, { name: "checkpoint" }],
  });
  w.append("bad", "b", "c");
  const running = w.start(pipeline);
  await w.clock.advance(2_000);
  const { feeds, counts } = explain(pipeline);
  expect(counts).toMatchObject({ delivered: 3, succeeded: 2, inFlight: 1 });
  expect(feeds).toMatchObject([
    { unsettled: 1, heldBehindFirst: 2, firstUnsettled: { failedAt: "handle", lastError: "it is bad", attempt: 1 } },
  ]);
  expect(sayExplanation(explain(pipeline))).toContain("waits for its next attempt after a failure at handle: it is bad");
  await running.stop();
  expect(explain(pipeline).state).toBe("ended");
});

test("explain does not name a message that a stop has aborted, but the one that it waits for", async () => {
  const w = world();
  const pipeline = consume(w.source(), { ordering: "key" }).pipe(
    decode(text()),
    handle((value) => (value === "slow" ? new Promise<void>(() => {}) : undefined), { concurrency: 1 }),
    handle(() => undefined),
    haltOnFailure(),
    checkpoint(),
  );
  const stop = new AbortController();
  const running = w.start(pipeline, { drainTimeoutMs: 10_000, signal: stop.signal });
  w.append("k=slow", "k=waits");
  await w.clock.advance(1_000);
  stop.abort("a deploy");
  await w.clock.advance(1_000);
  expect(explain(pipeline).feeds).toMatchObject([{ unsettled: 1, firstUnsettled: { state: "is being worked on at handle" } }]);
  await w.clock.advance(60_000);
  expect(await running.report).toMatchObject({ aborted: 2 });
});

test("a delivery that an operator of the user's has swallowed is named after a time", async () => {
  const w = world();
  w.append("swallowed");
  const running = w.start(
    consume(w.source(), { ordering: "none" }).pipe(
      decode(text()),
      rxFilter(() => false),
      handle(() => {}),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
    { stalledAfterMs: 10_000, drainTimeoutMs: 1_000 },
  );
  await w.clock.advance(30_000);
  expect(w.events.find(({ type }) => type === "stalled")).toMatchObject({
    says: expect.stringContaining("is in no stage: an operator of your own"),
  });
  await running.stop();
});

test("a message that neither ends nor moves is named after a time, though others end", async () => {
  const w = world();
  const running = w.start(
    consume(w.source(), { ordering: "none" }).pipe(
      decode(text()),
      rxFilter(({ value }) => value !== "swallowed"),
      handle(() => {}),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
    { stalledAfterMs: 10_000, drainTimeoutMs: 1_000 },
  );
  w.append("swallowed");
  for (let second = 0; second < 30; second++) {
    w.append("fine");
    await w.clock.advance(1_000);
  }
  expect(w.events.filter(({ type }) => type === "stalled")).toMatchObject([
    { says: expect.stringMatching(/^orders orders-0: message \S+ is in no stage: .* for \d+ s, while others end$/) },
  ]);
  await running.stop();
});

test("a message that waits for its retry is not taken for one that does not move", async () => {
  const w = world();
  const running = w.start(
    consume(w.source(), { ordering: "none" }).pipe(
      decode(text()),
      handle((value) => {
        if (value === "bad") throw new Error("it is bad");
      }),
      retry({ attempts: 100, backoff: constant(25_000) }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
    { stalledAfterMs: 10_000, drainTimeoutMs: 1_000 },
  );
  w.append("bad");
  for (let second = 0; second < 60; second++) {
    w.append("fine");
    await w.clock.advance(1_000);
  }
  expect(w.events.filter(({ type }) => type === "stalled")).toEqual([]);
  await running.stop();
});

test("events tell of every page that is delivered, of what is aborted and why, and of what will not make it in a stop", async () => {
  const w = world();
  w.append("quick", "quick", "quick", "quick");
  const running = w.start(
    simple(w, async (value) => later(w, value === "quick" ? 1_000 : 5_000), { concurrency: 1 }),
    { drainTimeoutMs: 200 },
  );
  await w.clock.advance(10_000);
  w.append("k=slow", "k=waits");
  await w.clock.advance(500);
  await running.stop();
  const told = (type: EngineEvent["type"]): readonly EngineEvent[] => w.events.filter((event) => event.type === type);
  expect(told("delivered")).toMatchObject([{ count: 4 }, { count: 2 }]);
  expect(told("draining")).toMatchObject([{ late: [{ key: "k" }] }]);
  expect(told("aborted")).toMatchObject([
    { partition: "orders-0", messages: [{ key: "k" }], reason: { message: "the test stops it" } },
    { partition: "orders-0", messages: [{ key: "k" }], reason: { message: "the test stops it" } },
  ]);
});
