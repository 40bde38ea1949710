import { SpillwayError, type LogSource, type Payload, type Sink } from "@spillway/spec";
import { memoryQueue, memoryQueueSource } from "@spillway/memory";
import type { Observable } from "rxjs";
import { expect, test } from "vitest";
import { checkpoint, consume, deadLetter, deadLetterBudget, decode, explain, handle, text, type Settled } from "../index.ts";
import { leased } from "../testing/leased.ts";
import { world, type World } from "../testing/world.ts";

/** What an explanation says of the gates of a kind. */
function saysOf(pipeline: Observable<Settled>, kind: string): readonly string[] {
  return explain(pipeline).gates.flatMap(({ gate, says }) => (gate === kind ? [says] : []));
}

/** A pipeline whose handler never ends for "slow" and fails for "bad"; for the rest it passes. */
function over(w: World, source: LogSource<Payload>, sink: Sink<Payload> = w.deadLetters): Observable<Settled> {
  return consume(source, { ordering: "none" }).pipe(
    decode(text()),
    handle(
      (value) => {
        if (value === "slow") return new Promise<void>(() => {});
        if (value === "bad") throw new SpillwayError("it is bad", { code: "SPILLWAY_TEST", failureClass: "permanent" });
        return undefined;
      },
      { concurrency: 2, name: "charge" },
    ),
    deadLetter(sink, { budget: deadLetterBudget({ maxConsecutive: 2, beyond: "hold", holdMs: 10_000 }) }),
    checkpoint(),
  );
}

test("a source that cannot be read is named, until it can", async () => {
  const w = world();
  let down = true;
  const { read, ...rest } = w.source();
  const source: LogSource<Payload> = {
    ...rest,
    async *read(...call) {
      if (down) throw new Error("no route to host");
      yield* read(...call);
    },
  };
  const pipeline = over(w, source);
  const running = w.start(pipeline);
  await w.clock.advance(1_000);
  expect(saysOf(pipeline, "source")).toMatchObject([
    expect.stringMatching(/^orders orders-0 cannot be read, after \d tries: no route to host$/),
  ]);
  down = false;
  w.append("fine");
  await w.clock.advance(10_000);
  expect(saysOf(pipeline, "source")).toEqual([]);
  await running.stop();
});

test("a queue that cannot be received from is named, until it can", async () => {
  const w = world();
  let down = true;
  const queue = memoryQueue({ name: "jobs", clock: w.clock });
  const { receive, ...rest } = memoryQueueSource({ queue });
  const pipeline = consume(
    { ...rest, receive: async (options) => (down ? Promise.reject(new Error("no route to host")) : await receive(options)) },
    { ordering: "none" },
  ).pipe(
    handle(() => undefined),
    deadLetter(w.deadLetters),
    checkpoint(),
  );
  const running = w.start(pipeline);
  await w.clock.advance(1_000);
  expect(saysOf(pipeline, "source")).toMatchObject([expect.stringMatching(/^jobs cannot be read, after \d tries: no route to host$/)]);
  down = false;
  await w.clock.advance(10_000);
  expect(saysOf(pipeline, "source")).toEqual([]);
  await running.stop();
});

test("handlers that are all busy are named", async () => {
  const w = world();
  const pipeline = over(w, w.source());
  const running = w.start(pipeline, { drainTimeoutMs: 10 });
  w.append("slow", "slow", "fine");
  await w.clock.advance(1_000);
  expect(saysOf(pipeline, "busy")).toEqual(["as many messages are at work as may be: 2 at charge"]);
  await running.stop();
});

test("a sink that refuses dead letters is named, until it takes them", async () => {
  const w = world();
  let down = true;
  const sink: Sink<Payload> = {
    ...w.deadLetters,
    write: async (...call) => (down ? Promise.reject(new Error("it is full")) : await w.deadLetters.write(...call)),
  };
  const pipeline = over(w, w.source(), sink);
  const running = w.start(pipeline);
  w.append("bad");
  await w.clock.advance(1_000);
  expect(saysOf(pipeline, "dead letters")).toMatchObject([
    expect.stringMatching(/^1 dead letters wait: .* has refused them \d times: it is full$/),
  ]);
  down = false;
  await w.clock.advance(20_000);
  expect(saysOf(pipeline, "dead letters")).toEqual([]);
  await running.stop();
});

test("a budget of dead letters that rests the source is named, and not also as a crowd", async () => {
  const w = world();
  const pipeline = over(w, w.source());
  const running = w.start(pipeline);
  w.append("bad", "bad", "bad");
  await w.clock.advance(1_000);
  expect(saysOf(pipeline, "budget")).toEqual(["the source rests after 3 dead letters in a row (at most 2)"]);
  expect(saysOf(pipeline, "crowded")).toEqual([]);
  await w.clock.advance(10_000);
  expect(saysOf(pipeline, "budget")).toEqual([]);
  await running.stop();
});

test("a partition that starts carefully after a crash is named, until that is over", async () => {
  const w = world();
  const pipeline = over(
    w,
    leased(w, () => ({ takeover: "unclean" })),
  );
  const running = w.start(pipeline);
  w.append("fine");
  await w.clock.advance(1_000);
  expect(saysOf(pipeline, "careful")).toMatchObject([expect.stringContaining("0: a process has died over its messages")]);
  w.append(...Array.from({ length: 100 }, () => "fine"));
  await w.clock.advance(10_000);
  expect(saysOf(pipeline, "careful")).toEqual([]);
  await running.stop();
});
