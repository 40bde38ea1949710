import type { LogMessage } from "@spillway/spec";
import { memorySink } from "@spillway/memory";
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkpoint, consume, deadLetter, decode, exponential, filter, handle, handleBatch, publish, retry, text } from "./index.ts";
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
  let active = 0;

  /** An attempt at a stage: no later message of the lane may have been attempted there before this one has left it. */
  function attempt(stage: string, message: LogMessage<unknown>, value: string): void {
    const lane =
      plan.ordering === "none"
        ? undefined
        : plan.ordering === "key"
          ? `${message.key}`
          : String(w.log.partitions().length === 1 ? 0 : message.id.split("/").slice(0, -1).join("/"));
    if (lane === undefined) return;
    const at = lanes.get(stage) ?? new Map<string, number>();
    lanes.set(stage, at);
    const last = at.get(lane) ?? -1;
    expect(Number(value), `${stage} attempts ${value} after ${last} in lane ${lane}`).toBeGreaterThanOrEqual(last);
    at.set(lane, Number(value));
  }

  async function work(stage: string, message: LogMessage<unknown>, value: string): Promise<string> {
    attempt(stage, message, value);
    running.set(stage, (running.get(stage) ?? 0) + 1);
    active++;
    expect(running.get(stage)).toBeLessThanOrEqual(plan.concurrency);
    expect(active).toBeLessThanOrEqual(plan.maxInFlight + 500 * plan.partitions);
    if (random() < 0.7) await new Promise<void>((resolve) => w.clock.schedule(Math.floor(random() * 50), resolve));
    running.set(stage, (running.get(stage) ?? 0) - 1);
    active--;
    if (dead.has(value) || random() < plan.failing) throw new Error(`${value} fails`);
    return value;
  }

  const sink = memorySink<Uint8Array | null>();
  const head = consume(w.source(), { ordering: plan.ordering, maxInFlight: plan.maxInFlight }).pipe(
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
                  values.forEach((value, index) => attempt("batch", messages[index] as LogMessage<unknown>, value));
                  if (random() < plan.failing / 4) throw new TypeError("all of it");
                },
                { maxMessages: 7, lingerMs: 5 },
              ),
            )
          : head.pipe(publish(sink, (value) => ({ key: "x", value: Buffer.from(value) })));
  const started = w.start(
    body.pipe(
      handle((value) => void passed.push(value)),
      retry({ attempts: 6, backoff: exponential({ firstMs: 10, maxMs: 200 }) }),
      deadLetter(w.deadLetters),
      checkpoint({ everyMessages: 10, everyMs: 500 }),
    ),
  );
  w.append(...texts.slice(0, texts.length / 2));
  await w.clock.advance(100);
  w.append(...texts.slice(texts.length / 2));
  await w.clock.advance(120_000);
  const report = await started.stop();
  const letters = w.deadLetters.messages.map(({ value }) => textOf(value));
  expect(report).toMatchObject({ delivered: plan.messages, inFlight: 0, aborted: 0, filtered: dropped.size });
  expect([...passed, ...letters, ...dropped].sort()).toEqual(texts.map((each) => each.split("=")[1] as string).sort());
}
