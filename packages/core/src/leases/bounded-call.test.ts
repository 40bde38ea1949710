import { expect, it } from "vitest";
import { getEventListeners } from "node:events";
import { virtualClock } from "../testing/virtual-clock.ts";
import { boundedCall } from "./bounded-call.ts";

const hangs = (): Promise<never> => new Promise(() => undefined);

it("leaves no timer and no listener, however the call ends", async () => {
  const clock = virtualClock();
  const calls = [async () => 1, async () => Promise.reject(new Error("refused")), hangs];
  for (const call of calls) {
    const { signal } = new AbortController();
    const outcome = boundedCall<number>(clock, 100, [signal], call).catch(() => 0);
    await clock.advance(100);
    await outcome;
    expect([clock.pending, getEventListeners(signal, "abort").length]).toEqual([0, 0]);
  }
});

it("is given up after its time, though the called one ignores its signal", async () => {
  const clock = virtualClock();
  const outcome = boundedCall(clock, 100, [], hangs).catch((error: unknown) => error);
  await clock.advance(100);
  expect(await outcome).toMatchObject({ code: "SPILLWAY_CALL_TIMEOUT", retryable: true });
});

it("ends with the reason of the signal that aborts, before or while it waits, and tells the called one", async () => {
  const clock = virtualClock();
  const before = new AbortController();
  before.abort("before");
  let called = 0;
  const never = async (): Promise<void> => void called++;
  await expect(boundedCall(clock, 100, [new AbortController().signal, before.signal], never)).rejects.toBe("before");
  expect(called).toBe(0);

  const meanwhile = new AbortController();
  let told: AbortSignal | undefined;
  const outcome = boundedCall(clock, 100, [meanwhile.signal], ({ signal }) => {
    told = signal;
    return hangs();
  }).catch((error: unknown) => error);
  meanwhile.abort("meanwhile");
  expect(await outcome).toBe("meanwhile");
  expect(told?.aborted).toBe(true);
  expect(clock.pending).toBe(0);
});

it("ends like a call that rejects when the called one throws at once", async () => {
  const clock = virtualClock();
  const throws = (): Promise<void> => {
    throw new Error("at once");
  };
  await expect(boundedCall(clock, 100, [], throws)).rejects.toThrow("at once");
  expect(clock.pending).toBe(0);
});
