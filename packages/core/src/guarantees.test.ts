import type { LogMessage } from "@spillway/spec";
import { memorySink, memorySource } from "@spillway/memory";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  checkpoint,
  consume,
  deadLetter,
  decode,
  explain,
  exponential,
  filter,
  handle,
  handleBatch,
  publish,
  retry,
  text,
} from "./index.ts";
import { seededRandom } from "./testing/virtual-clock.ts";
import { textOf, world } from "./testing/world.ts";

interface Plan {
  readonly seed: number;
  readonly ordering: "none" | "key" | "partition";
  readonly partitions: number;
  readonly messages: number;
  readonly keys: number;
  readonly concurrency: number;
  readonly maxInFlight: number;
  readonly page: number;
  readonly failing: number;
  readonly second: "none" | "handle" | "batch" | "publish";
}

const plans: fc.Arbitrary<Plan> = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  ordering: fc.constantFrom("none", "key", "partition"),
  partitions: fc.integer({ min: 1, max: 3 }),
  messages: fc.integer({ min: 1, max: 120 }),
  keys: fc.integer({ min: 1, max: 8 }),
  concurrency: fc.integer({ min: 1, max: 10 }),
  maxInFlight: fc.integer({ min: 1, max: 50 }),
  page: fc.integer({ min: 1, max: 10 }),
  failing: fc.double({ min: 0, max: 0.4, noNaN: true }),
  second: fc.constantFrom("none", "handle", "batch", "publish"),
});

test("G1 G3 G5 G6: every message has one outcome, lanes stay in order at every stage, and bounds hold, whatever fails", async () => {
  await fc.assert(fc.asyncProperty(plans, run), { numRuns: 60 });
});

async function run(plan: Plan): Promise<void> {
  const w = world({ partitions: plan.partitions, seed: plan.seed });
  const random = seededRandom(plan.seed);
  const lanes = new Map<string, Map<string, number>>();
  const texts = Array.from({ length: plan.messages }, (_, index) => `k${Math.floor(random() * plan.keys)}=${index}`);
  const dead = new Set(texts.filter(() => random() < 0.05).map((each) => each.split("=")[1] as string));
  const dropped = new Set(texts.filter(() => random() < 0.05).map((each) => each.split("=")[1] as string));
  const running = new Map<string, number>();
  const passed: string[] = [];
  let started = 0;
  const inBatches = new Map<string, string | undefined>();
  // Told at the end: what a handler throws is a failure of its message, and would be tried again.
  const broken: string[] = [];

  /** What must stay in order with a message; undefined where nothing must. */
  function laneOf({ key, id }: LogMessage<unknown>): string | undefined {
    if (plan.ordering === "none") return undefined;
    return plan.ordering === "key" ? `${key}` : id.slice(0, id.lastIndexOf("/"));
  }

  /** An attempt at a stage: no later message of the lane may have been attempted there before this one has left it. */
  function attempt(stage: string, message: LogMessage<unknown>, value: string): void {
    const lane = laneOf(message);
    if (lane === undefined) return;
    const at = lanes.get(stage) ?? new Map<string, number>();
    lanes.set(stage, at);
    const last = at.get(lane) ?? -1;
    if (Number(value) < last) broken.push(`${stage} attempts ${value} after ${last} in lane ${lane}`);
    at.set(lane, Number(value));
  }

  /** A batch call: what comes to the stage may be attempted together with what is before it in its lane, but not while that is held there. */
  function attemptTogether(messages: readonly LogMessage<unknown>[], values: readonly string[]): void {
    const gone = new Set([...passed, ...w.deadLetters.messages.map(({ value }) => textOf(value)), ...values]);
    const came = values.flatMap((value, index) =>
      inBatches.has(value) ? [] : [{ value, lane: laneOf(messages[index] as LogMessage<unknown>) }],
    );
    for (const { value, lane } of came) {
      if (lane === undefined) continue;
      for (const [other, its] of inBatches)
        if (its === lane && !gone.has(other)) broken.push(`a batch attempts ${value} while ${other} is held`);
    }
    for (const { value, lane } of came) inBatches.set(value, lane);
  }

  async function work(stage: string, message: LogMessage<unknown>, value: string): Promise<string> {
    attempt(stage, message, value);
    running.set(stage, (running.get(stage) ?? 0) + 1);
    const now = running.get(stage) ?? 0;
    if (now > plan.concurrency) broken.push(`${stage} runs ${now} handlers at once`);
    // Now and then, because it is the dearest part of this test.
    const inFlight = started++ % 8 === 0 ? explain(pipeline).counts?.inFlight : 0;
    if (!(Number(inFlight) <= plan.maxInFlight + plan.page * plan.partitions)) broken.push(`${inFlight} messages are in flight`);
    if (random() < 0.7) await new Promise<void>((resolve) => w.clock.schedule(Math.floor(random() * 50), resolve));
    running.set(stage, (running.get(stage) ?? 0) - 1);
    if (dead.has(value) || random() < plan.failing) throw new Error(`${value} fails`);
    return value;
  }

  const sink = memorySink<Uint8Array | null>();
  const source = memorySource({ log: w.log, consumer: "test", stores: w.stores, maxBatchSize: plan.page });
  const head = consume(source, { ordering: plan.ordering, maxInFlight: plan.maxInFlight }).pipe(
    decode(text()),
    filter((value) => !dropped.has(value), "dropped"),
    handle((value, { message }) => work("first", message as LogMessage<unknown>, value), { concurrency: plan.concurrency }),
  );
  const body =
    plan.second === "none"
      ? head
      : plan.second === "handle"
        ? head.pipe(
            handle((value, { message }) => work("second", message as LogMessage<unknown>, value), { concurrency: plan.concurrency }),
          )
        : plan.second === "batch"
          ? head.pipe(
              handleBatch<string>(
                (values, { messages }) => {
                  attemptTogether(messages as readonly LogMessage<unknown>[], values);
                  if (random() < plan.failing / 4) throw new TypeError("all of it");
                },
                { maxMessages: 7, lingerMs: 5 },
              ),
            )
          : head.pipe(publish(sink, (value) => ({ key: "x", value: Buffer.from(value) })));
  const pipeline = body.pipe(
    handle((value, { message }) => {
      attempt("last", message as LogMessage<unknown>, value);
      passed.push(value);
    }),
    retry({ attempts: 6, backoff: exponential({ firstMs: 10, maxMs: 200 }) }),
    deadLetter(w.deadLetters),
    checkpoint({ everyMessages: 10, everyMs: 500 }),
  );
  const job = w.start(pipeline);
  w.append(...texts.slice(0, texts.length / 2));
  await w.clock.advance(100);
  w.append(...texts.slice(texts.length / 2));
  // One message at a time, each tried six times at each stage, takes some minutes.
  const isDone = (): boolean => explain(pipeline).counts?.delivered === plan.messages && explain(pipeline).counts?.inFlight === 0;
  for (let minutes = 0; minutes < 20 && !isDone(); minutes++) await w.clock.advance(60_000);
  const report = await job.stop();
  expect(broken).toEqual([]);
  const letters = w.deadLetters.messages.map(({ value }) => textOf(value));
  expect(report).toMatchObject({ delivered: plan.messages, inFlight: 0, aborted: 0, filtered: dropped.size });
  expect([...passed, ...letters, ...dropped].sort()).toEqual(texts.map((each) => each.split("=")[1] as string).sort());
}
