import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { endedByReturn } from "./ended-by-return.ts";

/** Gives one number, and then waits until its signal aborts. */
async function* oneThenWait(signal: AbortSignal): AsyncGenerator<number, void> {
  yield 1;
  await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true }));
}

test("return() ends a pull that is under way with done", async () => {
  const { signal } = new AbortController();
  const iterator = endedByReturn(signal, oneThenWait)[Symbol.asyncIterator]();
  expect(await iterator.next()).toEqual({ done: false, value: 1 });
  const pull = iterator.next();
  await iterator.return?.();
  expect(await pull).toEqual({ done: true, value: undefined });
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});

test("the outer signal ends a pull as the generator does, with its reason", async () => {
  const controller = new AbortController();
  const iterator = endedByReturn(controller.signal, oneThenWait)[Symbol.asyncIterator]();
  await iterator.next();
  const pull = iterator.next();
  controller.abort(new Error("the lease is lost"));
  await expect(pull).rejects.toThrow("the lease is lost");
});

test("an outer signal that has aborted is heard by the generator from its start", async () => {
  const outer = AbortSignal.abort(new Error("too late"));
  const iterator = endedByReturn(outer, async function* (signal) {
    signal.throwIfAborted();
    yield 1;
  })[Symbol.asyncIterator]();
  await expect(iterator.next()).rejects.toThrow("too late");
});

test("an end and a failure let go of the outer signal", async () => {
  const { signal } = new AbortController();
  const ending = endedByReturn(signal, async function* () {
    yield 1;
  })[Symbol.asyncIterator]();
  await ending.next();
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  await ending.next();
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
  const failing = endedByReturn(signal, async function* () {
    yield Promise.reject(new Error("broken"));
  })[Symbol.asyncIterator]();
  await expect(failing.next()).rejects.toThrow("broken");
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});
