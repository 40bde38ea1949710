import { memoryLog, memorySource } from "@spillway/memory";
import { expect, test } from "vitest";
import { checkpoint, consume, deadLetter, handle } from "../index.ts";
import { world } from "../testing/world.ts";
import { Credits } from "./credits.ts";

const open = new AbortController().signal;

test("a reservation waits until there is room, in turn", async () => {
  const credits = new Credits(16, 1_000);
  expect(await credits.reserve(8, open)).toBe(true);
  expect(await credits.reserve(6, open)).toBe(true);
  const order: string[] = [];
  void credits.reserve(5, open).then(() => order.push("five"));
  void credits.reserve(1, open).then(() => order.push("one"));
  credits.exchange(8, 6, 60);
  await Promise.resolve();
  expect(order).toEqual([]);
  credits.release(1, 10);
  await Promise.resolve();
  expect(order).toEqual(["five"]);
  credits.release(5, 50);
  await Promise.resolve();
  expect(order).toEqual(["five", "one"]);
});

test("bytes are a bound too, and something larger than it passes when nothing else is in flight", async () => {
  const credits = new Credits(10, 100);
  expect(await credits.reserve(1, open)).toBe(true);
  credits.exchange(1, 1, 500);
  let granted = false;
  void credits.reserve(1, open).then(() => (granted = true));
  await Promise.resolve();
  expect(granted).toBe(false);
  credits.release(1, 500);
  await Promise.resolve();
  expect(granted).toBe(true);
});

test("a reservation ends with its signal, and takes nothing", async () => {
  const credits = new Credits(1, 100);
  expect(await credits.reserve(1, open)).toBe(true);
  const controller = new AbortController();
  const waiting = credits.reserve(1, controller.signal);
  controller.abort();
  expect(await waiting).toBe(false);
  credits.exchange(1, 0, 0);
  expect(credits.messages).toBe(0);
  expect(await credits.reserve(1, open)).toBe(true);
});

test("partitions that have caught up do not keep the others from reading", async () => {
  const w = world();
  const log = memoryLog({ name: "wide", partitions: 8, clock: w.clock });
  let handled = 0;
  const running = w.start(
    consume(memorySource({ log, consumer: "test", maxBatchSize: 100 }), { ordering: "none", maxInFlight: 100 }).pipe(
      handle(() => void handled++),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  log.append(Array.from({ length: 800 }, (_, index) => ({ key: `k${index}`, value: Buffer.from("x") })));
  await w.clock.advance(500);
  expect(handled).toBe(800);
  log.append(Array.from({ length: 800 }, (_, index) => ({ key: `k${index}`, value: Buffer.from("x") })));
  await w.clock.advance(500);
  expect(handled).toBe(1_600);
  await running.stop();
});
