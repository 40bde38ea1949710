import { memoryQueue, memoryQueueSource, memorySink, type MemoryQueue } from "@spillway/memory";
import { SpillwayError, type ItemResult, type Payload, type QueueSource } from "@spillway/spec";
import { expect, test } from "vitest";
import {
  checkpoint,
  constant,
  consume,
  deadLetter,
  decode,
  handle,
  retry,
  run,
  text,
  type EngineEvent,
  type HandleContext,
  type RunReport,
} from "./index.ts";
import { virtualClock } from "./testing/virtual-clock.ts";
import { metadataOf } from "./testing/world.ts";

interface Options {
  readonly groups?: boolean;
  readonly attempts?: number;
  readonly giveBackAfterMs?: number;
  readonly drainTimeoutMs?: number;
  readonly visibilityTimeoutMs?: number;
  readonly wrap?: (source: QueueSource<Payload>) => QueueSource<Payload>;
}

function queueWorld(options: Options = {}) {
  const { groups = false, attempts = 3, wrap = (source) => source } = options;
  const clock = virtualClock();
  const queue: MemoryQueue = memoryQueue({ name: "jobs", groups, clock, visibilityTimeoutMs: options.visibilityTimeoutMs ?? 30_000 });
  const dead = memorySink<Payload>();
  const events: EngineEvent[] = [];
  return {
    clock,
    queue,
    dead,
    events,
    send: (...texts: readonly string[]) =>
      queue.send(texts.map((each) => ({ ...(groups ? { key: each.slice(0, 1) } : {}), value: Buffer.from(each), headers: [] }))),
    start(handler: (value: string, context: HandleContext) => unknown) {
      const controller = new AbortController();
      const source = wrap(memoryQueueSource({ queue }));
      let ended = false;
      const report: Promise<RunReport> = run(
        consume(source as QueueSource<Payload, { kind: "queue"; keys: true }>, { ordering: groups ? "key" : "none" }).pipe(
          decode(text()),
          handle(handler),
          retry({
            attempts,
            backoff: constant(1_000),
            ...(options.giveBackAfterMs === undefined ? {} : { giveBackAfterMs: options.giveBackAfterMs }),
          }),
          deadLetter(dead),
          checkpoint(),
        ),
        { clock, signal: controller.signal, onEvent: (event) => events.push(event), drainTimeoutMs: options.drainTimeoutMs ?? 25_000 },
      ).finally(() => (ended = true));
      return {
        async stop() {
          controller.abort(new Error("the test stops it"));
          await clock.runUntil(() => ended);
          return await report;
        },
      };
    },
  };
}

function later(clock: { schedule(delayMs: number, task: () => void): unknown }, delayMs: number): Promise<void> {
  return new Promise((resolve) => void clock.schedule(delayMs, resolve));
}

test("G1: a message is deleted after it was handled, and not before", async () => {
  const w = queueWorld();
  let release: (() => void) | undefined;
  const running = w.start(() => new Promise<void>((resolve) => (release = resolve)));
  w.send("a");
  await w.clock.advance(5_000);
  expect(w.queue.counts()).toEqual({ held: 1, hidden: 1 });
  release?.();
  await w.clock.advance(100);
  expect(w.queue.counts()).toEqual({ held: 0, hidden: 0 });
  expect(await running.stop()).toMatchObject({ delivered: 1, succeeded: 1 });
});

test("a message stays ours for as long as its handler runs", async () => {
  const w = queueWorld({ visibilityTimeoutMs: 9_000 });
  let attempts = 0;
  const running = w.start(async () => {
    attempts++;
    await later(w.clock, 50_000);
  });
  w.send("a");
  await w.clock.advance(60_000);
  expect(attempts).toBe(1);
  expect(await running.stop()).toMatchObject({ succeeded: 1, aborted: 0 });
});

test("a lost receipt aborts the handler: it is neither a success nor a failure", async () => {
  const lost: ItemResult = { ok: false, error: new SpillwayError("somebody else has it", { code: "SPILLWAY_RECEIPT_LOST" }) };
  const w = queueWorld({
    visibilityTimeoutMs: 9_000,
    wrap: (source) => ({ ...source, extend: async (receipts) => receipts.map(() => lost) }),
  });
  let aborted: unknown;
  const running = w.start(
    (_value, { signal }) =>
      new Promise<void>(() => {
        signal.addEventListener("abort", () => (aborted = signal.reason));
      }),
  );
  w.send("a");
  await w.clock.runUntil(() => aborted !== undefined);
  expect(aborted).toMatchObject({ code: "SPILLWAY_RECEIPT_LOST" });
  const report = await running.stop();
  expect(report.succeeded + report.deadLettered + report.filtered).toBe(0);
  expect(w.dead.messages).toHaveLength(0);
});

test("G7: an acknowledgement that fails is repeated, and the message counts as in flight until it is confirmed", async () => {
  let failures = 2;
  const w = queueWorld({
    wrap: (source) => ({
      ...source,
      ack: async (receipts, options) => {
        if (failures-- > 0) throw new Error("the queue does not answer");
        return await source.ack(receipts, options);
      },
    }),
  });
  let handled = 0;
  const running = w.start(() => void handled++);
  w.send("a");
  await w.clock.advance(20_000);
  expect(handled).toBe(1);
  expect(w.queue.counts().held).toBe(0);
  expect(w.events.filter(({ type }) => type === "acknowledge-failed")).toHaveLength(2);
  expect(await running.stop()).toMatchObject({ delivered: 1, succeeded: 1 });
});

test("a failing group holds only itself, and its order is kept", async () => {
  const w = queueWorld({ groups: true });
  const order: string[] = [];
  const running = w.start((value, { attempt }) => {
    order.push(value);
    if (value === "a1" && attempt < 3) throw new Error("not yet");
  });
  w.send("a1", "a2", "b1", "a3", "b2");
  await w.clock.advance(10_000);
  expect(order.filter((each) => each.startsWith("a"))).toEqual(["a1", "a1", "a1", "a2", "a3"]);
  expect(order.indexOf("b2")).toBeLessThan(order.indexOf("a2"));
  expect(await running.stop()).toMatchObject({ succeeded: 5, retries: 2 });
});

test("a long wait goes back to the queue, with all of its group behind it, and attempts are counted by receives", async () => {
  const w = queueWorld({ groups: true, giveBackAfterMs: 500, attempts: 3 });
  const order: string[] = [];
  const running = w.start((value) => {
    order.push(value);
    if (value === "a1") throw new Error("never");
  });
  w.send("a1", "a2", "b1");
  await w.clock.advance(60_000);
  expect(order.filter((each) => each.startsWith("a"))).toEqual(["a1", "a1", "a1", "a2"]);
  expect(w.dead.messages.map((letter) => metadataOf(letter).disposition)).toEqual(["exhausted"]);
  expect(w.queue.counts().held).toBe(0);
  const report = await running.stop();
  expect(report).toMatchObject({ deadLettered: 1, inFlight: 0 });
  expect(report.delivered).toBe(report.succeeded + report.deadLettered + report.aborted);
});

test("G9: what has not started, or does not end in time, is given back at once when the pipeline stops", async () => {
  const w = queueWorld({ drainTimeoutMs: 1_000 });
  const running = w.start(() => new Promise<void>(() => {}));
  w.send(...Array.from({ length: 100 }, (_, index) => `m${index}`));
  await w.clock.advance(100);
  const report = await running.stop();
  expect(report).toMatchObject({ succeeded: 0, inFlight: 0 });
  expect(report.aborted).toBe(report.delivered);
  expect(w.queue.counts()).toEqual({ held: 100, hidden: 0 });
});

test("G12: a message that is given out again and again without an outcome runs alone, and then is dead-lettered as crashed", async () => {
  const w = queueWorld({ visibilityTimeoutMs: 1_000 });
  w.send("killer", "x", "y");
  // Each time a process took all three, and died.
  for (let death = 0; death < 4; death++) {
    w.queue.lend(10);
    await w.clock.advance(1_001);
  }
  let running = 0;
  let most = 0;
  const seen: string[] = [];
  const first = w.start(async (value) => {
    most = Math.max(most, ++running);
    await later(w.clock, 10);
    running--;
    seen.push(value);
  });
  await w.clock.advance(500);
  expect(most).toBe(1);
  expect(seen).toEqual(["killer", "x", "y"]);
  await first.stop();
  w.send("again");
  for (let death = 0; death < 12; death++) {
    w.queue.lend(10);
    await w.clock.advance(1_001);
  }
  const second = w.start((value) => void seen.push(value));
  await w.clock.advance(500);
  expect(seen).toHaveLength(3);
  expect(w.dead.messages.map((letter) => metadataOf(letter).disposition)).toEqual(["crashed"]);
  expect(await second.stop()).toMatchObject({ deadLettered: 1 });
});

test("visibility changes that a queue refuses are told, each call once, and their messages come back by themselves", async () => {
  const refused = async (receipts: readonly unknown[]): Promise<readonly ItemResult[]> =>
    receipts.map(() => ({
      ok: false,
      error: new SpillwayError("no permission to change visibility", { code: "SPILLWAY_TEST_DENIED", failureClass: "fatal" }),
    }));
  const w = queueWorld({
    visibilityTimeoutMs: 3_000,
    drainTimeoutMs: 100,
    wrap: (source) => ({ ...source, extend: refused, nack: refused }),
  });
  const failures = (): number => w.events.filter(({ type }) => type === "source-failed").length;
  w.send("a", "b");
  const running = w.start(() => new Promise<void>(() => {}));
  await w.clock.advance(2_500);
  expect(failures()).toBe(1);
  await running.stop();
  expect(failures()).toBeGreaterThan(1);
  expect(w.queue.counts().held).toBe(2);
});

test("a message whose receipt is lost is told of as aborted, with the reason", async () => {
  const lost = new SpillwayError("another receiver has it", { code: "SPILLWAY_RECEIPT_LOST" });
  const w = queueWorld({
    visibilityTimeoutMs: 3_000,
    wrap: (source) => ({ ...source, extend: async (receipts) => receipts.map(() => ({ ok: false, error: lost })) }),
  });
  w.send("a");
  const running = w.start(() => new Promise<void>(() => {}));
  await w.clock.advance(2_500);
  expect(w.events.find(({ type }) => type === "aborted")).toMatchObject({ source: "jobs", messages: [{}], reason: lost });
  await running.stop();
});

test("at a stop, what ends last takes with it what waited for company, in one call and at once", async () => {
  const calls: number[] = [];
  const w = queueWorld({
    wrap: (source) => ({
      ...source,
      ack: (receipts, options) => {
        calls.push(receipts.length);
        return source.ack(receipts, options);
      },
    }),
  });
  w.send("a", "b", "c");
  const startMs = w.clock.nowMs();
  const endsMs = { a: 1_000, b: 1_005, c: 1_010 } as const;
  const running = w.start((value) => later(w.clock, endsMs[value as keyof typeof endsMs]));
  await w.clock.advance(900);
  expect(await running.stop()).toMatchObject({ succeeded: 3 });
  expect(calls).toEqual([3]);
  expect(w.clock.nowMs() - startMs).toBe(1_010);
});

test("a stop deletes at once what only waits for company", async () => {
  const w = queueWorld();
  w.send("a");
  const running = w.start(() => later(w.clock, 1_000));
  const startMs = w.clock.nowMs();
  await w.clock.advance(1_001);
  expect(w.queue.counts().held).toBe(1);
  expect(await running.stop()).toMatchObject({ succeeded: 1 });
  expect(w.clock.nowMs() - startMs).toBe(1_001);
});
