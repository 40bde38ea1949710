import { memorySink } from "@spillway/memory";
import type { Payload } from "@spillway/spec";
import { expect, test } from "vitest";
import {
  breaker,
  checkpoint,
  constant,
  consume,
  consumeAll,
  deadLetterBudget,
  exponential,
  expand,
  filter,
  handle,
  handleBatch,
  publish,
  retry,
  retryBudget,
  run,
  when,
} from "./index.ts";
import { world } from "./testing/world.ts";

const { source } = world();
/** What JavaScript callers, and configuration files, can still pass. */
const anything = (value: unknown): never => value as never;

test.each<[string, () => unknown, string]>([
  ["negative concurrency", () => handle(() => {}, { concurrency: -1 }), "concurrency must be a whole number of at least 1"],
  ["half a message at once", () => handle(() => {}, { concurrency: 1.5 }), "concurrency"],
  ["no time at all", () => handle(() => {}, { timeoutMs: 0 }), "timeoutMs must be a number of milliseconds above 0"],
  ["a misspelt option", () => handle(() => {}, anything({ concurency: 3 })), 'handle has no option "concurency"; it has name, concurrency'],
  ["zero attempts", () => retry({ attempts: 0, backoff: constant(1) }), "attempts must be a whole number of at least 1"],
  ["an unknown ordering", () => consume(source(), anything({ ordering: "keys" })), 'ordering must be "none", "key" or "partition"'],
  ["no room", () => consume(source(), { ordering: "none", maxInFlight: 0 }), "maxInFlight"],
  ["an unknown start", () => consume(source(), { ordering: "none", start: anything({ at: "begin" }) }), "start.at must be"],
  ["no sources", () => consumeAll([], { ordering: "none" }), "at least one source"],
  ["a filter without a reason", () => filter(() => true, ""), "needs a reason"],
  ["an unknown class", () => when(Error, anything("temporary")), '"temporary"'],
  ["maxMs below firstMs", () => exponential({ firstMs: 100, maxMs: 10 }), "maxMs must be at least firstMs"],
  ["a negative backoff", () => constant(-1), "delayMs"],
  ["a retry budget that never fills", () => retryBudget({ floorPerSecond: 0 }), "floorPerSecond"],
  ["a dead-letter budget without a bound", () => deadLetterBudget({}), "bounds nothing"],
  ["a dead-letter budget that counts nothing", () => deadLetterBudget({ maxConsecutive: 1, dispositions: [] }), "name one at least"],
  [
    "a dead-letter budget that counts what there is not",
    () => deadLetterBudget({ maxConsecutive: 1, dispositions: anything(["poison"]) }),
    'dispositions are decode, permanent, exhausted, expired, crashed, oversize, but not "poison"',
  ],
  ["a breaker that never opens", () => breaker({ name: "x", consecutiveFailures: Number.POSITIVE_INFINITY }), "never opens"],
  ["an empty batch", () => handleBatch(() => {}, { maxMessages: 0 }), "maxMessages"],
  ["no children", () => expand(() => [], { maxChildren: 0 }), "maxChildren"],
  ["negative linger", () => publish(memorySink<Payload>(), () => ({ value: null }), { lingerMs: -1 }), "lingerMs"],
  [
    "a sink that takes nothing",
    () => publish({ ...memorySink<Payload>(), traits: { maxBatchSize: 0, order: "none" } }, () => ({ value: null })),
    "maxBatchSize",
  ],
  ["a checkpoint never", () => checkpoint({ everyMs: -5 }), "everyMs"],
])("%s is refused where it is written", (_name, make, message) => {
  expect(make).toThrow(expect.objectContaining({ code: "SPILLWAY_INVALID_OPTIONS", message: expect.stringContaining(message) }));
});

test("an unknown option of run is refused", async () => {
  await expect(run(anything(undefined), anything({ timeout: 3 }))).rejects.toMatchObject({ code: "SPILLWAY_INVALID_OPTIONS" });
});
