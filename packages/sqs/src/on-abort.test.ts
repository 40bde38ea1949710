import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { onAbort } from "./on-abort.ts";

test("any number of calls share one listener, which goes with the last of them", () => {
  const { signal } = new AbortController();
  const cancels = Array.from({ length: 20 }, () => onAbort(signal, () => undefined));
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  for (const cancel of cancels) cancel();
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});

test("each call that still waits is called once when the signal aborts", () => {
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
