import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { orAborted } from "./or-aborted.ts";

test.each([
  ["resolves", () => Promise.resolve(1)],
  ["rejects", () => Promise.reject(new Error("failed"))],
])("when the promise %s, no listener is left at the signal", async (_name, promise) => {
  const { signal } = new AbortController();
  const outcome = orAborted<number>(promise(), signal).catch((error: unknown) => error);
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  await outcome;
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});

test("a signal that aborts first ends it", async () => {
  const controller = new AbortController();
  const waiting = orAborted(new Promise(() => {}), controller.signal);
  controller.abort();
  expect(await waiting).toBeUndefined();
});
