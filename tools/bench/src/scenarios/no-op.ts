import { checkpoint, consume, haltOnFailure, handle, type HandleContext } from "@spillway/core";
import type { Message } from "@spillway/spec";
import type { Scenario } from "../bar.ts";
import { Countdown } from "../countdown.ts";
import { OrderCheck } from "../order-check.ts";
import { makePages, overPages, unit } from "../pages.ts";
import { pipelineVariant, type PipelineVariant } from "../pipeline-variant.ts";
import { differences, pairedRounds, ratios, sayRounds, type Variant } from "../rounds.ts";
import { median, spreadOf } from "../statistics.ts";

type Order = "none" | "key";
type Handler<Result> = (value: number, context: Pick<HandleContext, "message">) => Result;
type MakeHandler<Result> = (countdown: Countdown) => Handler<Result>;

const pages = makePages((index) => index);

/** What V8 builds into what changes these answers by several per cent from one process to the next. */
const processes = 5;
let seen = 0;

/**
 * Handlers that do the least that one can do with a message: look at its value and its key. There are several, because a process has several: a single one is
 * built into the loop that calls it, which then takes 3 ns a message and is no loop over handlers any more.
 */
const synchronousHandlers: readonly MakeHandler<void>[] = [
  (countdown) =>
    (value, { message: { key = "" } }) => {
      seen ^= value ^ key.length;
      countdown.tick();
    },
  (countdown) =>
    (value, { message: { key = "" } }) => {
      seen ^= value & key.length;
      countdown.tick();
    },
  (countdown) =>
    (value, { message: { key = "" } }) => {
      seen ^= value | key.length;
      countdown.tick();
    },
  (countdown) =>
    (value, { message: { key = "" } }) => {
      seen ^= value + key.length;
      countdown.tick();
    },
  (countdown) =>
    (value, { message: { key = "" } }) => {
      seen ^= value - key.length;
      countdown.tick();
    },
];

const asynchronousHandler: MakeHandler<Promise<void>> =
  (countdown) =>
  async (value, { message }) => {
    seen ^= value ^ (message.key ?? "").length;
    countdown.tick();
  };

/** Handlers that have nothing to do, through consume … checkpoint, against a bare loop that calls the same ones with the same messages. */
export const synchronous: Scenario = {
  processes,
  bars: [
    { name: "sync", says: "sync no-op handler, of a bare loop", atMost: 10, unit: "x" },
    { name: "sync-over", says: "sync no-op handler, over a bare loop", atMost: 150, unit: "ns/message" },
  ],
  async measure() {
    const loops = synchronousHandlers.map((make) => {
      return loopVariant(make, (page, handler) => {
        for (const message of page) handler(message.value, { message });
      });
    });
    const engines = synchronousHandlers.map((make) => pipeline("none", make));
    const engine = inTurn(
      "engine",
      engines.map(({ variant }) => variant),
    );
    const measured = await pairedRounds([inTurn("loop", loops), engine], { unit: unit * loops.length, rounds: 9, roundMs: 300 });
    for (const each of engines) await each.stop();
    const ratio = ratios(measured, "engine", "loop");
    const over = differences(measured, "engine", "loop");
    const detail = sayRounds(measured);
    return [
      { name: "sync", value: median(ratio), spread: spreadOf(ratio), detail },
      { name: "sync-over", value: median(over), spread: spreadOf(over), detail },
    ];
  },
};

/** An async handler that has nothing to wait for, against `await` of the same one in a loop. */
export const asynchronousUnordered: Scenario = {
  processes,
  bars: [{ name: "async-unordered", says: "async no-op handler, unordered, of an await loop", atMost: 2, unit: "x" }],
  measure: () => asynchronous("none", "async-unordered"),
};

/** The same with each key in order. */
export const asynchronousByKey: Scenario = {
  processes,
  bars: [{ name: "async-key", says: "async no-op handler, key order, of an await loop", atMost: 4, unit: "x" }],
  async measure() {
    await checkOrder();
    return asynchronous("key", "async-key");
  },
};

async function asynchronous(order: Order, name: string): ReturnType<Scenario["measure"]> {
  const engine = pipeline(order, asynchronousHandler);
  const loop = loopVariant(asynchronousHandler, async (page, handler) => {
    for (const message of page) await handler(message.value, { message });
  });
  const measured = await pairedRounds([loop, engine.variant], { unit, rounds: 9, roundMs: 150 });
  await engine.stop();
  const ratio = ratios(measured, "engine", "loop");
  return [{ name, value: median(ratio), spread: spreadOf(ratio), detail: sayRounds(measured) }];
}

function loopVariant<Result>(
  make: MakeHandler<Result>,
  visit: (page: readonly Message<number>[], handler: Handler<Result>) => void | Promise<void>,
): Variant {
  const countdown = new Countdown();
  const handler = make(countdown);
  return {
    name: "loop",
    async run(messages) {
      const done = countdown.start(messages);
      await overPages(pages, messages, (page) => visit(page, handler));
      await done;
    },
  };
}

/** One variant of several, which take as many messages each, one after another. */
function inTurn(name: string, variants: readonly Variant[]): Variant {
  return {
    name,
    async run(messages) {
      for (const variant of variants) await variant.run(messages / variants.length);
    },
  };
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

function pipeline(ordering: Order, make: MakeHandler<void | Promise<void>>): PipelineVariant {
  return pipelineVariant("engine", pages, (source, countdown) =>
    consume(source, { ordering, maxInFlight: 8_192 }).pipe(handle(make(countdown), { concurrency: 64 }), haltOnFailure(), checkpoint()),
  );
}
