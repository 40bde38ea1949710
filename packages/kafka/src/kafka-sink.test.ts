import zlib from "node:zlib";
import type { OutgoingMessage, PartitionId, Payload } from "@spillway/spec";
import { afterEach, expect, test } from "vitest";
import { kafkaSink } from "./kafka-sink.ts";
import type { KafkaSinkOptions } from "./kafka-sink-options.ts";
import { fakeBroker, fakeTopic, stored, type FakeBroker } from "./testing/fake-broker.ts";
import { decompress } from "./wire/codecs.ts";
import { readRecordSet } from "./wire/record-set.ts";

const calls = { signal: new AbortController().signal };
const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

type Answer = Parameters<typeof fakeBroker>[0];

async function sinkOf(
  options: Partial<KafkaSinkOptions>,
  answer?: Answer,
): Promise<{ broker: FakeBroker; sink: ReturnType<typeof kafkaSink> }> {
  const broker = await fakeBroker(answer);
  ends.push(() => broker.close());
  return { broker, sink: kafkaSink({ client: broker.client, topic: fakeTopic, ...options }) };
}

function numbered(count: number, size = 0): readonly OutgoingMessage<Payload>[] {
  return Array.from({ length: count }, (_, index) => ({ key: `k${index}`, value: Buffer.from(`${index}`.padEnd(size, ".")) }));
}

/** What a batch holds. */
async function values(batch: Buffer): Promise<readonly string[]> {
  return (await readRecordSet(`${fakeTopic}-0` as PartitionId, batch, 0, [], decompress)).messages.map(({ value }) => String(value));
}

test("writes within lingerMs share a request, and without it the first does not wait", async () => {
  for (const [lingerMs, requests] of [
    [500, [["0", "0"]]],
    [0, [["0"], ["0"]]],
  ] as const) {
    const { broker, sink } = await sinkOf({ lingerMs });
    await Promise.all([sink.write(numbered(1), calls), sink.write(numbered(1), calls)]);
    expect(await Promise.all(broker.produced.map(({ batch }) => values(batch)))).toEqual(requests);
  }
});

test("a small maxBatchBytes makes several requests of a write, in its order", async () => {
  const { broker, sink } = await sinkOf({ maxBatchBytes: 1_000 });
  const messages = numbered(20, 200);
  const results = await sink.write(messages, calls);
  expect(results.every(({ ok }) => ok)).toBe(true);
  expect(broker.produced.length).toBeGreaterThanOrEqual(5);
  for (const { batch } of broker.produced) expect(batch.length).toBeLessThanOrEqual(1_000 + 61);
  const written = await Promise.all(broker.produced.map(({ batch }) => values(batch)));
  expect(written.flat()).toEqual(messages.map(({ value }) => String(value)));

  const whole = await sinkOf({});
  await whole.sink.write(messages, calls);
  expect(whole.broker.produced).toHaveLength(1);
});

test("a batch that an answer does not confirm is sent again as it was, until one does", async () => {
  const answers = [[], [stored, { ...stored, partition: 1 }], [{ ...stored, topic: "other" }], [stored]];
  const { broker, sink } = await sinkOf({}, (request) => answers[request] ?? []);
  expect(await sink.write(numbered(3), calls)).toEqual([{ ok: true }, { ok: true }, { ok: true }]);
  expect(broker.produced).toHaveLength(4);
  expect(new Set(broker.produced.map(({ batch }) => batch.toString("hex"))).size).toBe(1);
});

test("gzip makes the request smaller", async () => {
  const [plain, packed] = [await sinkOf({}), await sinkOf({ compression: "gzip" })];
  const messages = numbered(200, 500);
  for (const { sink } of [plain, packed]) await sink.write(messages, calls);
  const [[whole], [small]] = [plain.broker.produced, packed.broker.produced];
  expect(whole?.bytes).toBeGreaterThan(200 * 500);
  expect(small?.bytes).toBeLessThan(200 * 500 * 0.1);
  expect(await values(small?.batch ?? Buffer.alloc(0))).toEqual(messages.map(({ value }) => String(value)));
});

test("a codec that is not installed fails every message, fatally and by its name, and nothing is sent", async () => {
  const { broker, sink } = await sinkOf({ compression: "lz4" });
  const results = await sink.write(numbered(2), calls);
  for (const result of results) {
    expect(result).toMatchObject({ ok: false, error: { code: "SPILLWAY_KAFKA_CODEC", failureClass: "fatal" } });
    expect(result.ok ? "" : String(result.error)).toContain("codec lz4");
  }
  expect(results).toHaveLength(2);
  expect(broker.produced).toHaveLength(0);
});

const hasZstd = "zstdCompress" in zlib;

test.runIf(hasZstd)("zstd is there where Node has it, and makes the request smaller", async () => {
  const { broker, sink } = await sinkOf({ compression: "zstd" });
  const messages = numbered(200, 500);
  await sink.write(messages, calls);
  const [request] = broker.produced;
  expect(request?.bytes).toBeLessThan(200 * 500 * 0.1);
  expect(await values(request?.batch ?? Buffer.alloc(0))).toEqual(messages.map(({ value }) => String(value)));
});

test.skipIf(hasZstd)("zstd fails by its name where Node does not have it and nobody registered one", async () => {
  const { sink } = await sinkOf({ compression: "zstd" });
  const [result] = await sink.write(numbered(1), calls);
  expect(result).toMatchObject({ ok: false, error: { code: "SPILLWAY_KAFKA_CODEC", failureClass: "fatal" } });
});
