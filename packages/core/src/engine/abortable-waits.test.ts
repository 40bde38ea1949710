import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { AbortableWaits } from "./abortable-waits.ts";

test("a wait ends as its promise does", async () => {
  const waits = new AbortableWaits(new AbortController().signal);
  expect(await waits.for(Promise.resolve(1))).toBe(1);
  await expect(waits.for(Promise.reject(new Error("failed")))).rejects.toThrow("failed");
});

test("the wait that is under way when the signal aborts ends with it, and so does every later one", async () => {
  const controller = new AbortController();
  const waits = new AbortableWaits(controller.signal);
  const waiting = waits.for(new Promise(() => {}));
  controller.abort();
  expect(await waiting).toBeUndefined();
  expect(await waits.for(new Promise(() => {}))).toBeUndefined();
});

test("a promise that rejects after it was given up is not left unhandled", async () => {
  const controller = new AbortController();
  const waits = new AbortableWaits(controller.signal);
  let reject: (error: Error) => void = () => {};
  const waiting = waits.for(new Promise<void>((_resolve, rejected) => (reject = rejected)));
  controller.abort();
  expect(await waiting).toBeUndefined();
  const unhandled: unknown[] = [];
  const hear = (error: unknown): void => void unhandled.push(error);
  process.on("unhandledRejection", hear);
  reject(new Error("too late"));
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", hear);
  expect(unhandled).toEqual([]);
});

test("one listener serves all waits, and none is left behind", async () => {
  const { signal } = new AbortController();
  const waits = new AbortableWaits(signal);
  for (let count = 0; count < 5; count++) {
    await waits.for(Promise.resolve());
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
  }
  waits.end();
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});
