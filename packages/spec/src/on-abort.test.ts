import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { onAbort } from "./on-abort.ts";

test("all who wait for a signal are called once, by one listener", () => {
  const controller = new AbortController();
  const called: number[] = [];
  const releases = Array.from({ length: 20 }, (_, n) => onAbort(controller.signal, () => called.push(n)));
  releases[3]?.();
  expect(getEventListeners(controller.signal, "abort")).toHaveLength(1);
  controller.abort();
  expect(called).toEqual(Array.from({ length: 20 }, (_, n) => n).filter((n) => n !== 3));
  for (const release of releases) release();
  expect(called).toHaveLength(19);
});

test("the last one that takes its call back takes the listener off", () => {
  const { signal } = new AbortController();
  const releases = [onAbort(signal, () => undefined), onAbort(signal, () => undefined)];
  releases[0]?.();
  releases[0]?.();
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  releases[1]?.();
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
  const again = onAbort(signal, () => undefined);
  releases[1]?.();
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  again();
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});

test("a signal that has aborted calls at once", () => {
  let called = 0;
  const release = onAbort(AbortSignal.abort(), () => (called += 1));
  release();
  expect(called).toBe(1);
});

test("a call that is taken back after the abort was called, and the signal keeps no listener", () => {
  const controller = new AbortController();
  const called: string[] = [];
  onAbort(controller.signal, () => called.push("first"));
  const cancelSecond = onAbort(controller.signal, () => called.push("second"));
  const cancelThird = onAbort(controller.signal, () => called.push("third"));
  cancelSecond();
  cancelSecond();
  controller.abort();
  cancelThird();
  expect(called).toEqual(["first", "third"]);
  expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
});

test("a signal that all had let go of can be waited on again", () => {
  const controller = new AbortController();
  onAbort(controller.signal, () => undefined)();
  let called = 0;
  onAbort(controller.signal, () => (called += 1));
  controller.abort();
  expect(called).toBe(1);
});
