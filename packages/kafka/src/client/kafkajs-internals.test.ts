import { createRequire } from "node:module";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { quietTimers, shareConnect, type KafkajsConnection, type KafkajsRequestQueue } from "./kafkajs-internals.ts";

const RequestQueue = createRequire(import.meta.url)("kafkajs/src/network/requestQueue") as new (
  options: object,
) => KafkajsRequestQueue & {
  push(request: object): void;
};
const silent = { debug: () => undefined, warn: () => undefined };

function queue(more: object = {}): InstanceType<typeof RequestQueue> {
  const made = new RequestQueue({ maxInFlightRequests: 1, requestTimeout: 30_000, enforceRequestTimeout: true, logger: silent, ...more });
  quietTimers(made);
  return made;
}

function request(correlationId: number, sent: number[]): object {
  const entry = { correlationId, reject: () => undefined, resolve: () => undefined };
  return { entry, expectResponse: true, sendRequest: () => sent.push(correlationId) };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("T14: a connection on which nothing waits has no timer, and none that is in the past", () => {
  const idle = queue();
  const delays = vi.spyOn(globalThis, "setTimeout");
  idle.checkPendingRequests();
  vi.advanceTimersByTime(60_000);
  expect(vi.getTimerCount()).toBe(0);
  expect(delays).not.toHaveBeenCalled();
});

test("T14: what a broker asked to wait with is sent when the time is over", () => {
  const throttled = queue();
  throttled.throttledUntil = Date.now() + 500;
  const sent: number[] = [];
  throttled.push(request(1, sent));
  vi.advanceTimersByTime(499);
  expect(sent).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(sent).toEqual([1]);
});

test("calls at once that find a connection closed share the opening of it", async () => {
  let opened = 0;
  const connection: KafkajsConnection = {
    requestQueue: queue(),
    connect() {
      opened += 1;
      return Promise.resolve();
    },
  };
  shareConnect(connection);
  await Promise.all([connection.connect(), connection.connect()]);
  expect(opened).toBe(1);
  await connection.connect();
  expect(opened).toBe(2);
});
