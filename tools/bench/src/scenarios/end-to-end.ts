import { checkpoint, classify, constant, consume, deadLetter, decode, handle, json, map, retry, when } from "@spillway/core";
import { succeeded, type Payload, type Sink } from "@spillway/spec";
import type { Scenario } from "../bar.ts";
import { HandWritten } from "../charges/hand-written.ts";
import { encodeOrder, type Order } from "../charges/order.ts";
import { RxPipeline } from "../charges/rx-pipeline.ts";
import { Declined, Service } from "../charges/service.ts";
import { Countdown } from "../countdown.ts";
import { OrderCheck } from "../order-check.ts";
import { makePages, unit, type Page } from "../pages.ts";
import { pipelineVariant, type PipelineVariant } from "../pipeline-variant.ts";
import { pairedRounds, ratios, sayRounds, type Variant } from "../rounds.ts";
import { median, spreadOf } from "../statistics.ts";

const partitions = makePages(encodeOrder);
const maxInFlight = 8_192;
const concurrency = 256;

const rounds = { unit, rounds: 7, roundMs: 350 };

/** JSON, I/O, key order, retries, dead letters and checkpoints, against the loops that one writes by hand. */
export const endToEnd: Scenario = {
  bars: [{ name: "end-to-end", says: "JSON, I/O, key order, retries, dead letters: of loops by hand", atMost: 1.3, unit: "x" }],
  async measure() {
    const engine = spillway();
    const measured = await pairedRounds([engine.variant, byHand()], rounds);
    await engine.stop();
    const ratio = ratios(measured, "engine", "loops");
    return [{ name: "end-to-end", value: median(ratio), spread: spreadOf(ratio), detail: sayRounds(measured) }];
  },
};

/** The same against RxJS alone; apart, because the garbage of one would be charged to the other. */
export const endToEndRxjs: Scenario = {
  bars: [{ name: "end-to-end-rxjs", says: "the same in RxJS alone (groupBy, concatMap, retry): of the engine", atLeast: 5, unit: "x" }],
  async measure() {
    const engine = spillway();
    const measured = await pairedRounds([engine.variant, withRx()], rounds);
    await engine.stop();
    const ratio = ratios(measured, "rxjs", "engine");
    return [{ name: "end-to-end-rxjs", value: median(ratio), spread: spreadOf(ratio), detail: sayRounds(measured) }];
  },
};

function spillway(): PipelineVariant {
  const service = new Service(new OrderCheck(partitions));
  return pipelineVariant(
    "engine",
    partitions,
    (source, countdown) => {
      const letters: Sink<Payload> = {
        name: "letters",
        traits: { maxBatchSize: 100, order: "none" },
        async write(messages) {
          for (const _message of messages) countdown.tick();
          return messages.map(() => succeeded);
        },
      };
      return consume(source, { ordering: "key", maxInFlight }).pipe(
        decode(json()),
        map((value) => value as Order),
        handle(
          async (order, { attempt }) => {
            await service.charge(order, attempt);
            countdown.tick();
          },
          { concurrency },
        ),
        classify(when(Declined, "permanent")),
        retry({ attempts: 3, backoff: constant(10) }),
        deadLetter(letters),
        checkpoint({ everyMessages: 1_000 }),
      );
    },
    (given) => ({ succeeded: given - given / 1_000, deadLettered: given / 1_000, retries: given / 100 }),
  );
}

function byHand(): Variant {
  const countdown = new Countdown();
  const service = new Service(new OrderCheck(partitions));
  const loops = new HandWritten({
    service,
    workers: concurrency,
    maxInFlight,
    deadLetter: keep,
    save: keep,
    ended: () => countdown.tick(),
  });
  return { name: "loops", run: (messages) => feed(loops, countdown, messages) };
}

function withRx(): Variant {
  const countdown = new Countdown();
  const service = new Service(new OrderCheck(partitions));
  const pipeline = new RxPipeline({ service, maxInFlight, deadLetter: keep, save: keep, ended: () => countdown.tick() });
  return { name: "rxjs", run: (messages) => feed(pipeline, countdown, messages) };
}

/** Stands for a store that answers at once. */
async function keep(): Promise<void> {}

interface Fed {
  feed(page: Page<Uint8Array>, partition: number): Promise<void>;
}

const fedSoFar = new WeakMap<Fed, number>();

/** Feeds pages of all partitions in turn, and waits until their messages have come to an end. */
async function feed(fed: Fed, countdown: Countdown, messages: number): Promise<void> {
  const done = countdown.start(messages);
  const from = fedSoFar.get(fed) ?? 0;
  const pages = (messages / unit) * partitions.length;
  for (let page = from; page < from + pages; page++) {
    const partition = page % partitions.length;
    const own = partitions[partition] as readonly Page<Uint8Array>[];
    await fed.feed(own[Math.floor(page / partitions.length) % own.length] as Page<Uint8Array>, partition);
  }
  fedSoFar.set(fed, from + pages);
  await done;
}
