import { memoryQueue, memoryQueueSource, memorySink } from "@spillway/memory";
import { SpillwayError, succeeded, type ItemResult, type Payload, type QueueSource, type Receipt } from "@spillway/spec";
import { expect, test } from "vitest";
import { checkpoint, constant, consume, deadLetter, decode, handle, retry, run, text, type EngineEvent } from "./index.ts";
import { virtualClock, type VirtualClock } from "./testing/virtual-clock.ts";

const visibilityTimeoutMs = 9_000;
const beatMs = visibilityTimeoutMs / 3;
/** How long each extension takes to be answered. */
const answerMs = 50;

function later(clock: VirtualClock, delayMs: number): Promise<void> {
  return new Promise((resolve) => void clock.schedule(delayMs, resolve));
}

interface Extension {
  readonly atMs: number;
  readonly receipts: readonly Receipt[];
}

/** A pipeline whose handlers run for as long as `handler` says, over a queue whose extensions are answered by `answer`, or done where that gives nothing. */
function heartbeatWorld(answer: (receipts: readonly Receipt[], atMs: number) => readonly (ItemResult | undefined)[] | Error) {
  const clock = virtualClock();
  const startMs = clock.nowMs();
  const queue = memoryQueue({ name: "jobs", clock, visibilityTimeoutMs });
  const inner = memoryQueueSource({ queue });
  const extensions: Extension[] = [];
  const events: EngineEvent[] = [];
  const attempts: string[] = [];
  let underWay = 0;
  let most = 0;
  const source: QueueSource<Payload> = {
    ...inner,
    async extend(receipts, options) {
      const atMs = clock.nowMs() - startMs;
      extensions.push({ atMs, receipts });
      most = Math.max(most, ++underWay);
      await later(clock, answerMs);
      underWay--;
      const answers = answer(receipts, atMs);
      if (answers instanceof Error) throw answers;
      const done = receipts.filter((_, index) => answers[index] === undefined);
      await inner.extend(done, options);
      return receipts.map((_, index) => answers[index] ?? succeeded);
    },
  };
  const controller = new AbortController();
  let ended = false;
  return {
    clock,
    extensions,
    events,
    attempts,
    mostAtOnce: () => most,
    send: (...names: readonly string[]) => queue.send(names.map((name) => ({ value: Buffer.from(name) }))),
    start(handler: (name: string) => Promise<void>) {
      const report = run(
        consume(source, { ordering: "none" }).pipe(
          decode(text()),
          handle((name) => (attempts.push(name), handler(name))),
          deadLetter(memorySink()),
          checkpoint(),
        ),
        { clock, signal: controller.signal, onEvent: (event) => events.push(event) },
      ).finally(() => (ended = true));
      return async () => {
        controller.abort();
        await clock.runUntil(() => ended);
        return await report;
      };
    },
  };
}

const refused = new Error("no answer");

test("an extension that fails is tried again before the visibility ends, so that the message is given to nobody else", async () => {
  // The message comes just after a beat, so that two thirds of its visibility are over at its first extension; and that fails until just before the end.
  const receivedMs = beatMs + 1;
  const endsMs = receivedMs + visibilityTimeoutMs;
  const w = heartbeatWorld((_receipts, atMs) => (atMs < endsMs - 1_000 ? refused : []));
  const stop = w.start(() => later(w.clock, 60_000));
  await w.clock.advance(receivedMs);
  w.send("a");
  await w.clock.advance(70_000);
  const early = w.extensions.filter(({ atMs }) => atMs < endsMs);
  expect(early[0]?.atMs).toBe(beatMs * 3);
  expect(w.attempts).toEqual(["a"]);
  expect(await stop()).toMatchObject({ delivered: 1, succeeded: 1, aborted: 0 });
});

test("an extension that fails is asked for again one call at a time and in growing waits, each told of, not without a bound", async () => {
  const w = heartbeatWorld((_receipts, atMs) => (atMs < beatMs * 3 - answerMs ? refused : []));
  w.send("a");
  const stop = w.start(() => later(w.clock, 20_000));
  await w.clock.advance(25_000);
  const tries = w.extensions.filter(({ atMs }) => atMs < beatMs * 3 - answerMs);
  const waits = tries.slice(1).map(({ atMs }, index) => atMs - (tries[index]?.atMs ?? 0) - answerMs);
  expect(tries.length).toBeGreaterThan(3);
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(100);
  expect(Math.max(...waits)).toBeLessThanOrEqual(visibilityTimeoutMs / 15);
  expect(w.mostAtOnce()).toBe(1);
  expect(w.events.flatMap((event) => (event.type === "source-failed" ? [event.delayMs] : [])).slice(0, waits.length)).toEqual(waits);
  await stop();
});

test("only what was refused is asked for again", async () => {
  let first: Receipt | undefined;
  const w = heartbeatWorld((receipts, atMs) => {
    first ??= receipts[0];
    return receipts.map((receipt) => (atMs <= beatMs * 2 && receipt === first ? { ok: false, error: refused } : undefined));
  });
  w.send("a", "b", "c");
  const stop = w.start(() => later(w.clock, 20_000));
  await w.clock.advance(beatMs * 3 - 1);
  expect(w.extensions.map(({ receipts }) => receipts.length)).toEqual([3, 1]);
  await stop();
});

test("what ends while its extension is waited for is not extended any more", async () => {
  const w = heartbeatWorld(() => refused);
  w.send("a", "b");
  const stop = w.start((name) => later(w.clock, name === "a" ? beatMs * 2 + 300 : 20_000));
  await w.clock.advance(beatMs * 2 + 1_000);
  const numbers = w.extensions.map(({ receipts }) => receipts.length);
  expect(numbers[0]).toBe(2);
  expect(numbers.at(-1)).toBe(1);
  await stop();
});

test("messages whose extension goes on failing do not keep younger ones from theirs", async () => {
  const failing = new Set<Receipt>();
  const w = heartbeatWorld((receipts) => {
    if (failing.size === 0) failing.add(receipts[0] as Receipt);
    return receipts.map((receipt) => (failing.has(receipt) ? { ok: false, error: refused } : undefined));
  });
  w.send("doomed");
  const stop = w.start(() => later(w.clock, 60_000));
  // It comes while the other's first extension fails.
  await w.clock.advance(beatMs * 2 + 500);
  w.send("young");
  await w.clock.advance(30_000);
  expect(w.attempts.filter((name) => name === "young")).toEqual(["young"]);
  await stop();
});

test("an extension that is not permitted is asked for again only with the next beat", async () => {
  const denied = new SpillwayError("no permission", { code: "SPILLWAY_TEST_DENIED", failureClass: "fatal" });
  const w = heartbeatWorld(() => denied);
  w.send("a");
  const stop = w.start(() => later(w.clock, 20_000));
  await w.clock.advance(beatMs * 3 - 1);
  expect(w.extensions).toHaveLength(1);
  expect(w.events.filter(({ type }) => type === "source-failed")).toMatchObject([{ delayMs: beatMs }]);
  await stop();
});

test("a stop ends the waits for another try", async () => {
  const w = heartbeatWorld(() => refused);
  w.send("a");
  const startMs = w.clock.nowMs();
  const endsMs = beatMs * 2 + 300;
  const stop = w.start(() => later(w.clock, endsMs));
  await w.clock.advance(beatMs * 2 + 60);
  expect(await stop()).toMatchObject({ succeeded: 1 });
  // The second wait, which has begun by then, would last for 200 ms at least.
  expect(w.clock.nowMs() - startMs).toBeLessThan(endsMs + 50);
  await w.clock.settle();
  expect(w.clock.pending).toBe(0);
});

test.each([
  ["its retry waits in the queue", "retry"],
  ["the pipeline stops", "stop"],
])("a message is given back only when its extension that is under way has ended, when %s", async (_when, why) => {
  const clock = virtualClock();
  const queue = memoryQueue({ name: "jobs", clock, visibilityTimeoutMs });
  const inner = memoryQueueSource({ queue });
  const log: string[] = [];
  const source: QueueSource<Payload> = {
    ...inner,
    async extend(receipts, options) {
      log.push("extension begins");
      await later(clock, 500);
      log.push("extension ends");
      return await inner.extend(receipts, options);
    },
    nack(receipts, options) {
      log.push("given back");
      return inner.nack(receipts, options);
    },
  };
  queue.send([{ value: Buffer.from("first") }, { value: Buffer.from("second") }]);
  const controller = new AbortController();
  let ended = false;
  const work = async (): Promise<void> => {
    await later(clock, why === "retry" ? beatMs * 2 + 100 : 20_000);
    if (why === "retry") throw new Error("not yet");
  };
  const report = run(
    consume(source, { ordering: "none" }).pipe(
      handle(work, { concurrency: 1 }),
      retry({ attempts: 2, backoff: constant(1_000), giveBackAfterMs: 100 }),
      deadLetter(memorySink()),
      checkpoint(),
    ),
    { clock, signal: controller.signal },
  ).finally(() => (ended = true));
  await clock.advance(beatMs * 2 + 200);
  if (why === "stop") controller.abort();
  await clock.advance(1_000);
  expect(log.slice(0, 3)).toEqual(["extension begins", "extension ends", "given back"]);
  controller.abort();
  await clock.runUntil(() => ended);
  await report;
});
