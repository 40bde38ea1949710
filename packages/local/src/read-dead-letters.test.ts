import { deadLetterHeader, type DeadLetterMetadata } from "@spillway/spec";
import { expect, test } from "vitest";
import { localSink } from "./local-sink.ts";
import { openLog } from "./open-log.ts";
import { readDeadLetters, type StoredDeadLetter } from "./read-dead-letters.ts";
import type { LocalStore } from "./open-local.ts";
import { temporaryStore } from "./testing/temporary-store.ts";

function metadata(id: string): DeadLetterMetadata {
  return {
    v: 1,
    id,
    pipeline: "charges",
    pipelineVersion: undefined,
    disposition: "decode",
    stage: "decode",
    error: { name: "SyntaxError", message: "not JSON", code: "SPILLWAY_DECODE_FAILED", class: "permanent", stack: undefined },
    attempts: 1,
    firstFailedAtMs: 1,
    lastFailedAtMs: 2,
    source: { kind: "log", name: "orders", consumer: "charges", partition: "0", position: "17", key: "k", timestampMs: 0 },
    redriveCount: 0,
    traceparent: undefined,
  };
}

async function lettersIn(store: LocalStore): Promise<readonly StoredDeadLetter[]> {
  const found: StoredDeadLetter[] = [];
  for await (const letter of readDeadLetters({ store, log: "dead" })) found.push(letter);
  return found;
}

test("a dead letter gives its reason, and the message exactly as it arrived", async () => {
  const store = await temporaryStore();
  await openLog({ store, log: "dead", partitions: 2 });
  const sink = localSink({ store, log: "dead" });
  const key = Uint8Array.of(0, 255);
  const payload = Uint8Array.of(123, 0, 1);
  const headers = [
    ["trace", "a"],
    [deadLetterHeader, JSON.stringify(metadata("one"))],
    ["trace", "b"],
  ] as const;
  await sink.write([{ key, value: payload, headers }], { signal: new AbortController().signal });
  await sink.write([{ value: null, headers: [[deadLetterHeader, Buffer.from(JSON.stringify(metadata("two")))]] }], {
    signal: new AbortController().signal,
  });
  const letters = await lettersIn(store);
  const one = letters.find((letter) => letter.metadata.id === "one");
  expect(one).toMatchObject({
    metadata: { disposition: "decode", source: { position: "17" } },
    headers: [
      ["trace", "a"],
      ["trace", "b"],
    ],
    position: "0",
  });
  expect(Buffer.from(one?.key as Uint8Array).equals(key)).toBe(true);
  expect(Buffer.from(one?.payload as Uint8Array).equals(payload)).toBe(true);
  expect(letters.find((letter) => letter.metadata.id === "two")).toMatchObject({ key: undefined, payload: null, headers: [] });
  expect(letters).toHaveLength(2);
});

test("a log without dead letters ends at once", async () => {
  const store = await temporaryStore();
  await openLog({ store, log: "dead", partitions: 3 });
  expect(await lettersIn(store)).toEqual([]);
});

test.each([
  [undefined, "is not a dead letter"],
  ["{", "damaged or of a newer version"],
  [JSON.stringify({ ...metadata("x"), v: 2 }), "damaged or of a newer version"],
])("a message whose metadata is %j is refused", async (header, saying) => {
  const store = await temporaryStore();
  const log = await openLog({ store, log: "dead", partitions: 1 });
  await log.append([{ value: null, headers: header === undefined ? [] : [[deadLetterHeader, header]] }]);
  await expect(lettersIn(store)).rejects.toMatchObject({ code: "SPILLWAY_FORMAT", message: expect.stringContaining(saying) as string });
});
