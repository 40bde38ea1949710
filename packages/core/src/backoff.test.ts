import { expect, test } from "vitest";
import { constant, exponential, fromError, type Backoff, type BackoffStep, type Jitter } from "./index.ts";

function delay(backoff: Backoff, step: Partial<BackoffStep> & { readonly chance?: number } = {}): number {
  const { chance = 0, ...rest } = step;
  return backoff.delayMs({ attempt: 1, previousMs: 0, error: new Error("no"), random: () => chance, ...rest });
}

const bounds = { firstMs: 100, maxMs: 1_000 };

test.each<[Jitter, number, number]>([
  ["none", 1, 1],
  ["full", 0, 1],
  ["equal", 0.5, 1],
])("with jitter %s a delay is from %d to %d times a bound that doubles up to maxMs", (jitter, from, to) => {
  const backoff = exponential({ ...bounds, jitter });
  const expected = [100, 200, 400, 800, 1_000, 1_000];
  expect(expected.map((_, index) => delay(backoff, { attempt: index + 1, chance: 0 }))).toEqual(expected.map((bound) => bound * from));
  expect(expected.map((_, index) => delay(backoff, { attempt: index + 1, chance: 1 }))).toEqual(expected.map((bound) => bound * to));
});

test("with decorrelated jitter the first delay is firstMs, and each later one from firstMs to three times the one before, up to maxMs", () => {
  const backoff = exponential({ ...bounds, jitter: "decorrelated" });
  expect(delay(backoff, { previousMs: 0, chance: 1 })).toBe(100);
  expect(delay(backoff, { attempt: 9, previousMs: 200, chance: 0 })).toBe(100);
  expect(delay(backoff, { attempt: 9, previousMs: 200, chance: 0.5 })).toBe(350);
  expect(delay(backoff, { attempt: 9, previousMs: 200, chance: 1 })).toBe(600);
  expect(delay(backoff, { attempt: 9, previousMs: 900, chance: 1 })).toBe(1_000);
});

test("the bound grows by its factor, and stays at maxMs however many attempts there were", () => {
  const backoff = exponential({ firstMs: 10, maxMs: 5_000, factor: 3, jitter: "none" });
  expect([1, 2, 3, 4].map((attempt) => delay(backoff, { attempt }))).toEqual([10, 30, 90, 270]);
  expect(delay(backoff, { attempt: 1_000_000 })).toBe(5_000);
});

test.each([[{ retryAfterMs: 1_234 }], [Object.assign(new Error("throttled"), { retryAfterMs: 1_234 })]])(
  "fromError waits as long as the error asks for",
  (error) => {
    expect(delay(fromError(constant(7)), { error })).toBe(1_234);
  },
);

test("fromError takes a wait of 0 at its word", () => {
  expect(delay(fromError(constant(7)), { error: { retryAfterMs: 0 } })).toBe(0);
});

test.each([
  ["says nothing", new Error("no")],
  ["asks for a time in the past", { retryAfterMs: -1 }],
  ["asks for no finite time", { retryAfterMs: Number.POSITIVE_INFINITY }],
  ["asks for no number", { retryAfterMs: Number.NaN }],
  ["asks for a text", { retryAfterMs: "5" }],
  ["is null", null],
  ["is no object", "throttled"],
])("fromError waits as the other backoff says where the error %s", (_name, error) => {
  expect(delay(fromError(constant(7)), { error })).toBe(7);
});
