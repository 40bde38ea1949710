import { memoryStores } from "@spillway/memory";
import type { LogMessage, LogSource, PartitionId, Position } from "@spillway/spec";
import { expect, test } from "vitest";
import { changeSource, type ChangeSourceOptions } from "./change-source.ts";

const partition = "p" as PartitionId;
const texts = { id: { S: "o1" }, customer: { S: "ann" } };
const insert = { eventName: "INSERT", dynamodb: { Keys: { id: texts.id }, NewImage: texts } };
const removal = { eventName: "REMOVE", dynamodb: { Keys: { id: texts.id } } };

/** A source of these records, as the adapter for table streams gives them. */
function sourceOf(records: readonly object[]): LogSource<object, { readonly kind: "log"; readonly keys: true }> {
  const messages = records.map((value, index): LogMessage<object> => {
    return { id: `m${index}`, key: "the item's key", value, headers: [], timestampMs: index, position: `${index}` as Position };
  });
  return {
    kind: "log",
    name: "orders",
    traits: { kind: "log", keys: true },
    coordination: { by: "leases", consumer: "c", ...memoryStores() },
    partitions: async () => [{ id: partition, parents: [] }],
    async *read() {
      yield { messages, behindMs: 7, lost: { count: undefined, reason: "trimmed" } };
    },
    count: async () => ({ is: "unknown", reason: "nobody knows" }),
    original: ({ key, value }) => ({ key, payload: new TextEncoder().encode(JSON.stringify(value)) }),
  };
}

async function read(options: Partial<ChangeSourceOptions>, records: readonly object[] = [insert, removal]) {
  const source = changeSource(sourceOf(records), { payload: "change", keyAttribute: undefined, ...options });
  const batches = source.read(partition, { from: { at: "earliest" }, signal: new AbortController().signal });
  for await (const batch of batches) {
    const of = batch.messages.map((message) => ({
      key: message.key,
      text: message.value === null ? null : new TextDecoder().decode(message.value),
      original: source.original(message),
      message,
    }));
    return { source, batch, of };
  }
  throw new Error("nothing was read");
}

test("a change is its stream record, and its key the item's", async () => {
  const { of } = await read({});
  expect(of.map(({ key, text }) => [key, JSON.parse(text ?? "")])).toEqual([
    ["the item's key", insert],
    ["the item's key", removal],
  ]);
});

test("a new image is the item as plain JSON, and a removal a tombstone", async () => {
  const { of } = await read({ payload: "new-image" });
  expect(of.map(({ text }) => text)).toEqual(['{"id":"o1","customer":"ann"}', null]);
});

test("an attribute can be the key; where an item lacks it the item's own key keeps its changes in order", async () => {
  const { of } = await read({ keyAttribute: "customer" });
  expect(of.map(({ key }) => key)).toEqual(["ann", "the item's key"]);
  expect((await read({ keyAttribute: "id" })).of.map(({ key }) => key)).toEqual(["o1", "o1"]);
});

test("dead letters hold the key and the payload as they were given", async () => {
  const { of } = await read({ payload: "new-image", keyAttribute: "customer" });
  expect(of[0]?.original).toEqual({ key: "ann", payload: of[0]?.message.value });
});

test("position, id, time, lag, loss and counts are passed on", async () => {
  const { source, batch, of } = await read({});
  expect(batch).toMatchObject({ behindMs: 7, lost: { reason: "trimmed" } });
  expect(
    await source.count(partition, { from: { at: "earliest" }, until: { at: "latest" }, signal: new AbortController().signal }),
  ).toMatchObject({
    reason: "nobody knows",
  });
  expect(of[1]?.message).toMatchObject({ id: "m1", position: "1", timestampMs: 1 });
});
