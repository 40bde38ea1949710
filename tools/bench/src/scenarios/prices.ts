import {
  checkpoint,
  classify,
  constant,
  consume,
  deadLetter,
  decode,
  filter,
  haltOnFailure,
  handle,
  json,
  map,
  retry,
  when,
  type Settled,
} from "@spillway/core";
import { succeeded, type LogSource, type Payload, type Sink } from "@spillway/spec";
import { tap, type Observable } from "rxjs";
import type { Scenario } from "../bar.ts";
import type { BenchTraits } from "../bench-log.ts";
import { encodeOrder, type Order } from "../charges/order.ts";
import { makePages, unit } from "../pages.ts";
import { pipelineVariant } from "../pipeline-variant.ts";
import { differences, pairedRounds, sayRounds } from "../rounds.ts";
import { median, spreadOf } from "../statistics.ts";

type Source = LogSource<Uint8Array, BenchTraits>;
type Build = (source: Source, tick: () => void) => Observable<Settled>;

const partitions = makePages(encodeOrder);
const maxInFlight = 8_192;
const letters: Sink<Payload> = {
  name: "letters",
  traits: { maxBatchSize: 100, order: "none" },
  write: (messages) => Promise.resolve(messages.map(() => succeeded)),
};

/** What everything else is compared with: a handler that returns at once. */
const plain: Build = (source, tick) => consume(source, { ordering: "none", maxInFlight }).pipe(handle(tick), haltOnFailure(), checkpoint());

/** What parts of a pipeline cost for each message that passes, beyond the plainest pipeline; no bars, but what to expect. */
export const prices: Readonly<Record<string, Scenario>> = {
  filterPrice: price("filter", "a filter that keeps", (source, tick) =>
    consume(source, { ordering: "none", maxInFlight }).pipe(
      filter((value) => value.length > 0, "empty"),
      handle(tick),
      haltOnFailure(),
      checkpoint(),
    ),
  ),
  mapPrice: price("map", "a map", (source, tick) =>
    consume(source, { ordering: "none", maxInFlight }).pipe(
      map((value) => value.length),
      handle(tick),
      haltOnFailure(),
      checkpoint(),
    ),
  ),
  policiesPrice: price("policies", "classify, retry and deadLetter, when nothing fails", (source, tick) =>
    consume(source, { ordering: "none", maxInFlight }).pipe(
      handle(tick),
      classify(when(RangeError, "permanent")),
      retry({ attempts: 3, backoff: constant(10) }),
      deadLetter(letters),
      checkpoint(),
    ),
  ),
  keyPrice: price("key-order", 'ordering "key", with a handler that returns at once', (source, tick) =>
    consume(source, { ordering: "key", maxInFlight }).pipe(handle(tick), haltOnFailure(), checkpoint()),
  ),
  secondHandlerPrice: price("second-handler", "a second handler that returns at once", (source, tick) =>
    consume(source, { ordering: "none", maxInFlight }).pipe(
      handle((value) => value.length),
      handle(tick),
      haltOnFailure(),
      checkpoint(),
    ),
  ),
  rxjsPrice: price("rxjs-operator", "a second handler, and an RxJS tap between the two", (source, tick) =>
    consume(source, { ordering: "none", maxInFlight }).pipe(
      handle((value) => value.length),
      tap(() => {}),
      handle(tick),
      haltOnFailure(),
      checkpoint(),
    ),
  ),
  asyncPrice: price("async", "a handler that returns a promise", (source, tick) =>
    consume(source, { ordering: "none", maxInFlight }).pipe(
      handle(async () => tick()),
      haltOnFailure(),
      checkpoint(),
    ),
  ),
  asyncKeyPrice: price("async-with-key", 'a handler that returns a promise, and ordering "key"', (source, tick) =>
    consume(source, { ordering: "key", maxInFlight }).pipe(
      handle(async () => tick()),
      haltOnFailure(),
      checkpoint(),
    ),
  ),
  jsonPrice: price("json", "decoding 289 bytes of JSON", (source, tick) =>
    consume(source, { ordering: "none", maxInFlight }).pipe(
      decode(json()),
      map((value) => (value as Order).index),
      handle(tick),
      haltOnFailure(),
      checkpoint(),
    ),
  ),
};

function price(name: string, says: string, build: Build): Scenario {
  return {
    bars: [{ name, says, unit: "ns/message" }],
    async measure() {
      const base = pipelineVariant("plain", partitions, (source, countdown) => plain(source, () => countdown.tick()));
      const priced = pipelineVariant("with it", partitions, (source, countdown) => build(source, () => countdown.tick()));
      const measured = await pairedRounds([base.variant, priced.variant], { unit, rounds: 9, roundMs: 100 });
      await base.stop();
      await priced.stop();
      const over = differences(measured, "with it", "plain");
      return [{ name, value: median(over), spread: spreadOf(over), detail: sayRounds(measured) }];
    },
  };
}
