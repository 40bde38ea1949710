import { checkpoint, consume, haltOnFailure, handle, type HandleContext } from "@spillway/core";
import type { Message } from "@spillway/spec";
import type { Scenario } from "../bar.ts";
import type { Countdown } from "../countdown.ts";
import { OrderCheck } from "../order-check.ts";
import { makePages, overPages, unit } from "../pages.ts";
import { pipelineVariant, type PipelineVariant } from "../pipeline-variant.ts";
import { differences, pairedRounds, ratios, sayRounds, type Variant } from "../rounds.ts";
import { median, spreadOf } from "../statistics.ts";

type Order = "none" | "key";

const rounds = { unit, rounds: 9, roundMs: 150 };
const pages = makePages((index) => index);
let seen = 0;

/** What every handler and loop does: it looks at the value and the key, as the least that a handler can do with its message. */
function look(value: number, { key = "" }: Message<unknown>): void {
  seen ^= value ^ key.length;
}

/** A handler that has nothing to do, through consume … checkpoint, against a bare loop over the same messages. */
export const synchronous: Scenario = {
  bars: [
    { name: "sync", says: "sync no-op handler, of a bare loop", atMost: 10, unit: "x" },
    { name: "sync-over", says: "sync no-op handler, over a bare loop", atMost: 150, unit: "ns/message" },
  ],
  async measure() {
    const engine = pipeline("none", (countdown) => (value, { message }) => {
      look(value, message);
      countdown.tick();
    });
    const loop: Variant = {
      name: "loop",
      run: (messages) =>
        overPages(pages, messages, (page) => {
          for (const message of page) look(message.value, message);
        }),
    };
    const measured = await pairedRounds([loop, engine.variant], rounds);
    await engine.stop();
    const ratio = ratios(measured, "engine", "loop");
    const over = differences(measured, "engine", "loop");
    const detail = sayRounds(measured);
    return [
      { name: "sync", value: median(ratio), spread: spreadOf(ratio), detail },
      { name: "sync-over", value: median(over), spread: spreadOf(over), detail },
    ];
  },
};

/** An async handler that has nothing to wait for, against `await` in a loop. */
export const asynchronousUnordered: Scenario = {
  bars: [{ name: "async-unordered", says: "async no-op handler, unordered, of an await loop", atMost: 2, unit: "x" }],
  measure: () => asynchronous("none", "async-unordered"),
};

/** The same with each key in order. */
export const asynchronousByKey: Scenario = {
  bars: [{ name: "async-key", says: "async no-op handler, key order, of an await loop", atMost: 4, unit: "x" }],
  async measure() {
    await checkOrder();
    return asynchronous("key", "async-key");
  },
};

async function asynchronous(order: Order, name: string): ReturnType<Scenario["measure"]> {
  const engine = pipeline(order, (countdown) => async (value, { message }) => {
    look(value, message);
    countdown.tick();
  });
  const handler = async (value: number, message: Message<unknown>): Promise<void> => look(value, message);
  const loop: Variant = {
    name: "loop",
    run: (messages) =>
      overPages(pages, messages, async (page) => {
        for (const message of page) await handler(message.value, message);
      }),
  };
  const measured = await pairedRounds([loop, engine.variant], rounds);
  await engine.stop();
  const ratio = ratios(measured, "engine", "loop");
  return [{ name, value: median(ratio), spread: spreadOf(ratio), detail: sayRounds(measured) }];
}

/** The order is checked apart from the clock: what is timed has nothing to do but the engine's work. */
async function checkOrder(): Promise<void> {
  const check = new OrderCheck(pages);
  const engine = pipeline("key", (countdown) => async (value) => {
    check.begin(value);
    await Promise.resolve();
    check.end(value);
    countdown.tick();
  });
  await engine.variant.run(unit * 20);
  await engine.stop();
}

function pipeline(
  ordering: Order,
  makeHandler: (countdown: Countdown) => (value: number, context: HandleContext) => void | Promise<void>,
): PipelineVariant {
  return pipelineVariant("engine", pages, (source, countdown) =>
    consume(source, { ordering, maxInFlight: 8_192 }).pipe(
      handle(makeHandler(countdown), { concurrency: 64 }),
      haltOnFailure(),
      checkpoint(),
    ),
  );
}
