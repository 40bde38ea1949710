import { manualClock } from "@spillway/conformance";
import { describe, expect, expectTypeOf, test } from "vitest";
import { localQueueSink } from "./local-queue-sink.ts";
import { localQueueSource } from "./local-queue-source.ts";
import { openQueue } from "./open-queue.ts";
import { temporaryStore } from "./testing/temporary-store.ts";

const { signal } = new AbortController();
const text = (value: string): Buffer => Buffer.from(value);

describe("what cannot work is refused", () => {
  test.each([
    [{ queue: "" }, "option queue must be a name"],
    [{ order: "key" }, 'must be one of "group", "none"'],
    [{ visibilityTimeoutMs: 0 }, "visibilityTimeoutMs must be a whole number"],
    [{ waitMs: -1 }, "waitMs must be a whole number"],
    [{ fifo: true }, 'does not know the option "fifo"'],
  ])("a source with %j", async (options, saying) => {
    const store = await temporaryStore();
    expect(() => localQueueSource({ store, queue: "jobs", ...options } as never)).toThrow(saying);
  });

  test("a queue that nobody has created, and one of another order", async () => {
    const store = await temporaryStore();
    await expect(localQueueSource({ store, queue: "jobs" }).receive({ maxMessages: 1, signal })).rejects.toThrow(
      "Create it with openQueue",
    );
    await openQueue({ store, queue: "jobs", order: "group" });
    await expect(localQueueSource({ store, queue: "jobs" }).receive({ maxMessages: 1, signal })).rejects.toThrow('Say order: "group"');
    await expect(openQueue({ store, queue: "jobs", order: "none" })).rejects.toMatchObject({ code: "SPILLWAY_INVALID_OPTIONS" });
    expect((await openQueue({ store, queue: "jobs" })).order).toBe("group");
  });

  test("a group too long for the store's keys costs the others nothing", async () => {
    const store = await temporaryStore();
    await openQueue({ store, queue: "jobs", order: "group" });
    const results = await localQueueSink({ store, queue: "jobs" }).write(
      [
        { key: "x".repeat(1_001), value: text("long") },
        { key: "a", value: text("short") },
      ],
      { signal },
    );
    expect(results).toMatchObject([{ ok: false, error: { code: "SPILLWAY_OVERSIZE" } }, { ok: true }]);
  });
});

test("after a message was refused, later ones with its key are not attempted, whatever the order of the queue", async () => {
  const store = await temporaryStore();
  await openQueue({ store, queue: "jobs" });
  const results = await localQueueSink({ store, queue: "jobs" }).write(
    [
      { key: "a", value: Buffer.alloc(17 * 1024 * 1024) },
      { key: "a", value: text("after it") },
      { key: "b", value: text("beside it") },
    ],
    { signal },
  );
  expect(results).toMatchObject([{ error: { code: "SPILLWAY_OVERSIZE" } }, { error: { code: "SPILLWAY_NOT_ATTEMPTED" } }, { ok: true }]);
});

test("the order that a source names is a literal type", async () => {
  const store = await temporaryStore();
  const groups = localQueueSource({ store, queue: "jobs", order: "group" });
  const plain = localQueueSource({ store, queue: "jobs" });
  expectTypeOf(groups.traits.keys).toEqualTypeOf<true>();
  expectTypeOf(plain.traits.keys).toEqualTypeOf<false>();
  expect([groups.traits.keys, plain.traits.keys]).toEqual([true, false]);
});

test("a receive that finds nothing waits its time and resolves to none", async () => {
  const clock = manualClock();
  const store = await temporaryStore({ clock });
  await openQueue({ store, queue: "jobs" });
  const received = localQueueSource({ store, queue: "jobs", waitMs: 1_000 }).receive({ maxMessages: 1, signal });
  let done = false;
  void received.then(() => (done = true));
  await clock.advance(900);
  expect(done).toBe(false);
  await clock.advance(200);
  expect(await received).toEqual([]);
});

test("a receive that waits takes a message the moment its delay is over", async () => {
  const clock = manualClock();
  const store = await temporaryStore({ clock });
  const queue = await openQueue({ store, queue: "jobs" });
  await queue.send([{ value: text("x") }]);
  const source = localQueueSource({ store, queue: "jobs", waitMs: 60_000 });
  const [message] = await source.receive({ maxMessages: 1, signal });
  await source.nack(message === undefined ? [] : [message.receipt], { delayMs: 1_234, signal });
  const again = source.receive({ maxMessages: 1, signal });
  let done = false;
  void again.then(() => (done = true));
  await clock.advance(1_230);
  expect(done).toBe(false);
  await clock.advance(4);
  expect(await again).toMatchObject([{ receiveCount: 2 }]);
});

test("a group whose first message was given back gives that one alone while the others are still lent", async () => {
  const store = await temporaryStore({ clock: manualClock() });
  const queue = await openQueue({ store, queue: "jobs", order: "group" });
  await queue.send(["a", "b", "c"].map((value) => ({ key: "group", value: text(value) })));
  const source = localQueueSource({ store, queue: "jobs", order: "group" });
  const lent = await source.receive({ maxMessages: 3, signal });
  await source.nack(
    lent.slice(0, 1).map(({ receipt }) => receipt),
    { delayMs: 0, signal },
  );
  const again = await source.receive({ maxMessages: 3, signal });
  expect(again.map(({ id }) => id)).toEqual(lent.slice(0, 1).map(({ id }) => id));
});

test("what is acknowledged leaves nothing behind", async () => {
  const store = await temporaryStore();
  const queue = await openQueue({ store, queue: "jobs", order: "group" });
  await queue.send(Array.from({ length: 50 }, (_, n) => ({ key: `group ${n % 5}`, value: text(String(n)) })));
  const source = localQueueSource({ store, queue: "jobs", order: "group" });
  expect(await queue.held()).toBe(50);
  const messages = await source.receive({ maxMessages: 100, signal });
  expect(messages.map(({ value }) => Number(Buffer.from(value ?? []).toString()) % 5).join("")).toBe(
    "0".repeat(10) + "1".repeat(10) + "2".repeat(10) + "3".repeat(10) + "4".repeat(10),
  );
  await source.ack(
    messages.map(({ receipt }) => receipt),
    { signal },
  );
  expect(await queue.held()).toBe(0);
});
