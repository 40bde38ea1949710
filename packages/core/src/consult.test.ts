import { memoryQueue, memoryQueueSource, memorySink } from "@spillway/memory";
import type { Payload, QueueSource, QueueUse } from "@spillway/spec";
import { map as rxMap } from "rxjs";
import { expect, test } from "vitest";
import {
  checkpoint,
  constant,
  consume,
  consumeAll,
  consult,
  deadLetter,
  deadLetterBudget,
  decode,
  explain,
  haltOnFailure,
  retry,
  sayExplanation,
  text,
  type RetryPolicy,
} from "./index.ts";
import { world, type World } from "./testing/world.ts";

const calm = new AbortController().signal;

/** A queue that hands on what it is told, and gives advice of its own. */
function advising(w: World, name: string, advise: QueueSource<Payload>["advise"]) {
  return { ...memoryQueueSource({ queue: memoryQueue({ name, clock: w.clock }) }), advise };
}

/** What a queue is told of a pipeline with these policies. */
async function useOf(
  policy: Partial<RetryPolicy> | undefined,
  halts: "budget" | "never" = "never",
  crashLimit = 3,
): Promise<QueueUse | undefined> {
  let told: QueueUse | undefined;
  const source = advising(world(), "jobs", async (use) => ((told = use), []));
  const consumed = consume(source, { ordering: "none", crashLimit }).pipe(decode(text()));
  const options = halts === "never" ? {} : { budget: deadLetterBudget({ maxConsecutive: 1 }) };
  const pipeline =
    policy === undefined
      ? consumed.pipe(deadLetter(memorySink(), options), checkpoint())
      : consumed.pipe(retry({ attempts: 5, backoff: constant(10), ...policy }), deadLetter(memorySink(), options), checkpoint());
  await consult(pipeline, { signal: calm });
  return told;
}

test("a queue is told what the pipeline's policies will do with its messages", async () => {
  expect(await useOf(undefined)).toEqual({ attempts: 1, maxAgeMs: undefined, receivesByRetry: 0, crashedAtReceive: 13 });
  expect(await useOf({ maxAgeMs: 60_000 })).toEqual({ attempts: 5, maxAgeMs: 60_000, receivesByRetry: 0, crashedAtReceive: 13 });
  expect(await useOf({ giveBackAfterMs: 500 }, "never", 2)).toMatchObject({ attempts: 5, receivesByRetry: 4, crashedAtReceive: 25 });
  const classes = { resource: { attempts: 8, backoff: constant(10) } };
  expect(await useOf({ giveBackAfterMs: 500, classes })).toMatchObject({ attempts: 8, receivesByRetry: 7, crashedAtReceive: 41 });
  expect(await useOf({}, "budget")).toMatchObject({ crashedAtReceive: undefined });
});

test("a pipeline that halts at a failure leaves killers to its queue, also behind operators of the user's", async () => {
  let told: QueueUse | undefined;
  const source = advising(world(), "jobs", async (use) => ((told = use), []));
  const pipeline = consume(source, { ordering: "none" }).pipe(
    decode(text()),
    rxMap((delivery) => delivery),
    haltOnFailure(),
    checkpoint(),
  );
  await consult(pipeline, { signal: calm });
  expect(told).toMatchObject({ crashedAtReceive: undefined });
});

test("before a run, consult says what each queue answers, and why one does not; explain alone knows nothing of it", async () => {
  const w = world();
  const pipeline = consumeAll(
    [
      { source: advising(w, "urgent", async () => ["It moves messages.", "It drops messages."]) },
      { source: advising(w, "bulk", () => Promise.reject(new Error("no permission"))) },
      { source: w.source() },
    ],
    { ordering: "none" },
  ).pipe(decode(text()), haltOnFailure(), checkpoint());
  expect(explain(pipeline).advice).toEqual([]);
  const { advice, ...rest } = await consult(pipeline, { signal: calm });
  expect(advice).toEqual([
    "urgent: It moves messages.",
    "urgent: It drops messages.",
    "bulk: what the queue's own settings do to this pipeline is not known: no permission",
  ]);
  expect({ ...rest, advice: [] }).toEqual(explain(pipeline));
});

test("consult ends with its signal", async () => {
  const stop = new AbortController();
  const source = advising(
    world(),
    "jobs",
    (_use, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(new Error("ended")));
      }),
  );
  const asked = consult(consume(source, { ordering: "none" }).pipe(decode(text()), haltOnFailure(), checkpoint()), { signal: stop.signal });
  stop.abort(new Error("enough"));
  await expect(asked).rejects.toThrow("enough");
});

test("a run asks its queue once as it starts: explain says the answer from then on, and an event tells it", async () => {
  const w = world();
  const asked: QueueUse[] = [];
  const source = advising(w, "jobs", async (use) => (asked.push(use), ["It moves messages."]));
  const pipeline = consume(source, { ordering: "none" }).pipe(
    decode(text()),
    rxMap((delivery) => delivery),
    retry({ attempts: 4, backoff: constant(10), giveBackAfterMs: 100 }),
    deadLetter(w.deadLetters),
    checkpoint(),
  );
  const running = w.start(pipeline);
  await w.clock.advance(60_000);
  expect(asked).toEqual([{ attempts: 4, maxAgeMs: undefined, receivesByRetry: 3, crashedAtReceive: 25 }]);
  expect(explain(pipeline).advice).toEqual(["jobs: It moves messages."]);
  expect(sayExplanation(explain(pipeline))).toContain("Advice\n  jobs: It moves messages.");
  expect(w.events.filter(({ type }) => type === "advised")).toEqual([
    { type: "advised", source: "jobs", says: ["jobs: It moves messages."] },
  ]);
  await running.stop();
  expect(explain(pipeline)).toMatchObject({ state: "ended", advice: ["jobs: It moves messages."] });
});

test("a queue that refuses to give advice costs the run nothing, and explain says why it is not known", async () => {
  const w = world();
  const queue = memoryQueue({ name: "jobs", clock: w.clock });
  const source = { ...memoryQueueSource({ queue }), advise: () => Promise.reject(new Error("no permission")) };
  queue.send([{ value: Buffer.from("a") }]);
  const pipeline = consume(source, { ordering: "none" }).pipe(decode(text()), deadLetter(w.deadLetters), checkpoint());
  const running = w.start(pipeline);
  await w.clock.advance(100);
  expect(explain(pipeline).advice).toEqual(["jobs: what the queue's own settings do to this pipeline is not known: no permission"]);
  expect(await running.stop()).toMatchObject({ succeeded: 1 });
});

test("a queue that does not answer holds up neither the run nor its end, which ends the call", async () => {
  const w = world();
  const queue = memoryQueue({ name: "jobs", clock: w.clock });
  let ended = false;
  const source: QueueSource<Payload> = {
    ...memoryQueueSource({ queue }),
    advise: (_use, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          ended = true;
          reject(new Error("ended"));
        });
      }),
  };
  queue.send([{ value: Buffer.from("a") }]);
  const pipeline = consume(source, { ordering: "none" }).pipe(decode(text()), deadLetter(w.deadLetters), checkpoint());
  const running = w.start(pipeline);
  await w.clock.advance(100);
  expect(await running.stop()).toMatchObject({ succeeded: 1 });
  expect(ended).toBe(true);
  expect(explain(pipeline).advice).toEqual([]);
});
