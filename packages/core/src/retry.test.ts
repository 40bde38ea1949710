import { SpillwayError, type FailureClass } from "@spillway/spec";
import { expect, test } from "vitest";
import type { EngineEvent } from "./events.ts";
import {
  checkpoint,
  constant,
  consume,
  deadLetter,
  decode,
  exponential,
  fromError,
  handle,
  retry,
  text,
  type RetryPolicy,
} from "./index.ts";
import { metadataOf, world, type Running, type World } from "./testing/world.ts";

function start(w: World, policy: RetryPolicy, handler: (value: string) => unknown): Running {
  return w.start(
    consume(w.source(), { ordering: "none" }).pipe(decode(text()), handle(handler), retry(policy), deadLetter(w.deadLetters), checkpoint()),
  );
}

function delaysOf(events: readonly EngineEvent[]): readonly number[] {
  return events.flatMap((event) => (event.type === "retrying" ? [event.delayMs] : []));
}

test("a message waits as long as its error asks for, and then is tried again", async () => {
  const w = world();
  const startedMs = w.clock.nowMs();
  const triedMs: number[] = [];
  const running = start(w, { attempts: 3, backoff: fromError(constant(50)) }, () => {
    triedMs.push(w.clock.nowMs() - startedMs);
    if (triedMs.length === 1) throw Object.assign(new Error("throttled"), { retryAfterMs: 2_000 });
    if (triedMs.length === 2) throw new Error("no answer");
  });
  w.append("a");
  await w.clock.advance(5_000);
  expect(delaysOf(w.events)).toEqual([2_000, 50]);
  expect(triedMs).toEqual([0, 2_000, 2_050]);
  expect(await running.stop()).toMatchObject({ succeeded: 1, retries: 2 });
});

test("decorrelated delays grow out of the ones before", async () => {
  const w = world();
  const running = start(w, { attempts: 8, backoff: exponential({ firstMs: 100, maxMs: 10_000, jitter: "decorrelated" }) }, () => {
    throw new Error("no answer");
  });
  w.append("a");
  await w.clock.advance(120_000);
  const delays = delaysOf(w.events);
  expect(delays).toHaveLength(7);
  expect(delays[0]).toBe(100);
  delays.slice(1).forEach((delay, index) => {
    expect(delay).toBeGreaterThanOrEqual(100);
    expect(delay).toBeLessThanOrEqual(3 * (delays[index] as number));
  });
  expect(Math.max(...delays)).toBeGreaterThan(300);
  expect(await running.stop()).toMatchObject({ deadLettered: 1 });
});

test("each class of failures is tried again by its own rule, and by the common one where it has none", async () => {
  const w = world();
  const attempts = new Map<string, number>();
  const policy: RetryPolicy = { attempts: 2, backoff: constant(100), classes: { resource: { attempts: 4, backoff: constant(1_000) } } };
  const running = start(w, policy, (value) => {
    attempts.set(value, (attempts.get(value) ?? 0) + 1);
    throw new SpillwayError("no", { code: "SPILLWAY_TEST", failureClass: value as FailureClass });
  });
  w.append("transient", "resource", "permanent");
  await w.clock.advance(10_000);
  expect(Object.fromEntries(attempts)).toEqual({ transient: 2, resource: 4, permanent: 1 });
  expect(delaysOf(w.events)).toEqual([100, 1_000, 1_000, 1_000]);
  expect(await running.stop()).toMatchObject({ deadLettered: 3, retries: 4 });
});

test("the rule of class transient is for failures that name no class too", async () => {
  const w = world();
  let attempts = 0;
  const running = start(w, { attempts: 9, backoff: constant(100), classes: { transient: { attempts: 3, backoff: constant(10) } } }, () => {
    attempts++;
    throw new Error("no");
  });
  w.append("a");
  await w.clock.advance(10_000);
  expect(attempts).toBe(3);
  expect(delaysOf(w.events)).toEqual([10, 10]);
  await running.stop();
});

test("no attempt starts when the message is older than maxAgeMs: it is given up as expired when its next one would be too late", async () => {
  const w = world();
  const startedMs = w.clock.nowMs();
  const triedMs: number[] = [];
  const running = start(w, { attempts: 100, backoff: constant(1_000), maxAgeMs: 2_500 }, () => {
    triedMs.push(w.clock.nowMs() - startedMs);
    throw new Error("no answer");
  });
  w.append("a");
  await w.clock.advance(60_000);
  expect(triedMs).toEqual([0, 1_000, 2_000]);
  expect(w.deadLetters.messages.map((letter) => metadataOf(letter).disposition)).toEqual(["expired"]);
  expect(w.events.find(({ type }) => type === "dead-lettered")).toMatchObject({ disposition: "expired" });
  expect(await running.stop()).toMatchObject({ deadLettered: 1 });
});

test("a message whose attempts run out before its age is exhausted, not expired", async () => {
  const w = world();
  const running = start(w, { attempts: 2, backoff: constant(1_000), maxAgeMs: 1_500 }, () => {
    throw new Error("no answer");
  });
  w.append("a");
  await w.clock.advance(60_000);
  expect(w.deadLetters.messages.map((letter) => metadataOf(letter).disposition)).toEqual(["exhausted"]);
  await running.stop();
});
