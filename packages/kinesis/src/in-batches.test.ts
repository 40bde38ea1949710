import type { PartitionId, Position } from "@spillway/spec";
import { expect, test } from "vitest";
import { inBatches } from "./in-batches.ts";
import type { KinesisMessage } from "./kinesis-message.ts";

const message = (n: number): KinesisMessage => ({
  id: `m${n}`,
  key: undefined,
  keyBytes: undefined,
  value: null,
  headers: [],
  timestampMs: 0,
  position: `${n}` as Position,
});

test("of a page that makes several batches the first tells what was lost, and the last which children follow", () => {
  const lost = { count: undefined, reason: "trimmed" };
  const children = [{ id: "child" as PartitionId, parents: ["parent" as PartitionId] }];
  const messages = Array.from({ length: 10_001 }, (_, n) => message(n));
  const batches = [...inBatches(messages, { behindMs: 7, retentionMs: undefined, lost, children })];
  expect(batches.map((batch) => [batch.messages.length, batch.behindMs, batch.lost, batch.children])).toEqual([
    [5_000, 7, lost, undefined],
    [5_000, 7, undefined, undefined],
    [1, 7, undefined, children],
  ]);
  expect([...inBatches([], { behindMs: 0, retentionMs: undefined, lost: undefined, children })]).toEqual([
    { messages: [], behindMs: 0, children },
  ]);
});
