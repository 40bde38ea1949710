import type { PartitionId } from "@spillway/spec";
import { expect, test } from "vitest";
import { openFeed } from "./feed.ts";
import { readPartition } from "./read-partition.ts";

const partition = "orders-0" as PartitionId;
const calls = { signal: new AbortController().signal };

/** A reader of a partition in which a batch waits, while there is no room for it. */
function held() {
  const feed = openFeed(partition, { topic: "orders", topicId: undefined, partition: 0 }, 0, 1_000, {
    gotRoom: () => undefined,
    closed: () => undefined,
  });
  feed.push({ messages: [], bytes: 1, behindMs: 7 });
  let asked = 0;
  let makeRoom: () => void = () => undefined;
  let holds = 1;
  const context = {
    hold: () => () => {
      holds -= 1;
    },
    room: ({ signal }: { readonly signal: AbortSignal }) =>
      new Promise<void>((resolve) => {
        asked += 1;
        makeRoom = resolve;
        signal.addEventListener("abort", () => resolve());
      }),
    open: () => Promise.resolve(feed),
  };
  const reader = readPartition(context, partition, { at: "earliest" }, calls)[Symbol.asyncIterator]();
  return { reader, asked: () => asked, makeRoom: () => makeRoom(), holds: () => holds };
}

test("a batch is handed over when there is room for what becomes of it", async () => {
  const { reader, asked, makeRoom } = held();
  let got: unknown;
  const next = reader.next().then((result) => {
    got = result;
  });
  await expect.poll(asked).toBe(1);
  expect(got).toBeUndefined();
  makeRoom();
  await next;
  expect(got).toMatchObject({ done: false, value: { behindMs: 7 } });
  await reader.return?.();
});

test("a reader that is ended while it waits for room ends, and hands nothing over", async () => {
  const { reader, asked, holds } = held();
  const next = reader.next();
  await expect.poll(asked).toBe(1);
  await reader.return?.();
  expect(await next).toEqual({ done: true, value: undefined });
  expect(holds()).toBe(0);
});
