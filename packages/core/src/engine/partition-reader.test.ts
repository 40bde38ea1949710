import { getEventListeners } from "node:events";
import type { LogBatch, LogSource, PartitionId } from "@spillway/spec";
import { expect, test } from "vitest";
import { Credits } from "./credits.ts";
import { readPartition } from "./partition-reader.ts";

test("a reading that fails and begins anew leaves no listener behind", async () => {
  const { signal: abandoned } = new AbortController();
  const { signal: stop } = new AbortController();
  const listeners: number[] = [];
  let readings = 0;
  async function* read(): AsyncGenerator<LogBatch<unknown>> {
    listeners.push(getEventListeners(abandoned, "abort").length);
    await Promise.resolve();
    if (++readings < 4) throw new Error("the log is down");
    yield { messages: [] };
  }
  // Only `read` is used.
  const source = { read } as unknown as LogSource<unknown>;
  const credits = new Credits(10, 1_000);
  const ended = await readPartition(
    {
      source,
      partition: "0" as PartitionId,
      credits,
      share: () => 1,
      room: (messages) => credits.reserve(messages, stop),
      take: (batch, reserved) => credits.exchange(reserved, batch.messages.length, 0),
      survive: () => Promise.resolve(true),
      stop,
      abandoned,
    },
    { at: "earliest" },
  );
  expect(ended).toBe(true);
  expect(listeners).toEqual([1, 1, 1, 1]);
  expect(getEventListeners(abandoned, "abort")).toHaveLength(0);
  expect(credits.messages).toBe(0);
});
