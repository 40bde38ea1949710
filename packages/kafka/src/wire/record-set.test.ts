import type { OutgoingMessage, PartitionId, Payload } from "@spillway/spec";
import { CompressionCodecs } from "kafkajs";
// @ts-expect-error it comes without types
import snappy from "kafkajs-snappy";
import { expect, test } from "vitest";
import { compressionTypes, decompress } from "./codecs.ts";
import { recordBatch } from "./record-batch.ts";
import { readRecordSet } from "./record-set.ts";

const partition = "t-0" as PartitionId;
const identity = { producerId: 7n, epoch: 0, firstSequence: 0, isTransactional: false };
const nowMs = 1_700_000_000_123;

interface BatchOptions {
  readonly at: number;
  readonly codec?: number;
  readonly producerId?: bigint;
  /** Transactional and control flags. */
  readonly flags?: number;
}

/** A batch as the broker stores it at an offset. */
async function stored(
  messages: readonly OutgoingMessage<Payload>[],
  { at, codec = 0, producerId = 7n, flags = 0 }: BatchOptions,
): Promise<Buffer> {
  const batch = await recordBatch(messages, { ...identity, producerId }, codec, nowMs);
  batch.writeBigInt64BE(BigInt(at), 0);
  batch.writeInt16BE(codec | flags, 21);
  return batch;
}

const transactional = 0x10;
const control = 0x30;
const marker = (type: 0 | 1): OutgoingMessage<Payload> => ({ key: Buffer.from([0, 0, 0, type]), value: Buffer.alloc(6) });
const text = (value: string): OutgoingMessage<Payload> => ({ key: "k", value: Buffer.from(value) });

async function values(bytes: Buffer, from = 0, aborted: Parameters<typeof readRecordSet>[3] = []): Promise<readonly string[]> {
  return (await readRecordSet(partition, bytes, from, aborted, decompress)).messages.map(({ value }) => String(value));
}

test("T35: a message is read as it was written: key, value, headers in their order, time and place", async () => {
  const headers = [
    ["b", "1"],
    ["a", Buffer.from([0, 255])],
    ["b", "2"],
  ] as const;
  const bytes = await stored([{ key: "schlüssel", value: Buffer.from("wert"), headers }], { at: 41 });
  const { messages, nextOffset } = await readRecordSet(partition, bytes, 0, [], decompress);
  const [message] = messages;
  expect(message?.key).toBe("schlüssel");
  expect(String(message?.value)).toBe("wert");
  expect(message?.headers.map(([name, value]) => [name, Buffer.from(value).toString("hex")])).toEqual([
    ["b", "31"],
    ["a", "00ff"],
    ["b", "32"],
  ]);
  expect([message?.id, message?.position, message?.timestampMs, nextOffset]).toEqual(["t-0@41", "41", nowMs, 42]);
});

test("a tombstone, an empty value and no key are three different things", async () => {
  const bytes = await stored([{ value: null }, { key: "", value: Buffer.alloc(0) }], { at: 0 });
  const { messages } = await readRecordSet(partition, bytes, 0, [], decompress);
  expect(messages.map(({ key, value }) => [key, value?.length])).toEqual([
    [undefined, undefined],
    ["", 0],
  ]);
});

test("a key that is no text has a text of its own, and its bytes", async () => {
  const key = Buffer.from([0xff, 0x00]);
  const { messages } = await readRecordSet(partition, await stored([{ key, value: null }], { at: 0 }), 0, [], decompress);
  expect(messages[0]?.key).toBe("base64:/wA=");
  expect(messages[0]?.original.key).toEqual(key);
});

test("gaps that compaction left are passed over", async () => {
  const bytes = Buffer.concat([await stored([text("a")], { at: 3 }), await stored([text("b")], { at: 90 })]);
  const { messages, nextOffset } = await readRecordSet(partition, bytes, 0, [], decompress);
  expect(messages.map(({ offset }) => offset)).toEqual([3, 90]);
  expect(nextOffset).toBe(91);
});

test("messages before the offset that was asked for are left out of a batch that begins before it", async () => {
  expect(await values(await stored([text("a"), text("b"), text("c")], { at: 10 }), 11)).toEqual(["b", "c"]);
});

test("the last batch may be cut off, and is read with the next fetch", async () => {
  const whole = await stored([text("a")], { at: 0 });
  const bytes = Buffer.concat([whole, (await stored([text("b")], { at: 1 })).subarray(0, 50)]);
  const { messages, nextOffset } = await readRecordSet(partition, bytes, 0, [], decompress);
  expect(messages.map(({ value }) => String(value))).toEqual(["a"]);
  expect(nextOffset).toBe(1);
});

test("T38: what an aborted transaction wrote is left out, and what its producer and others wrote besides is not", async () => {
  const bytes = Buffer.concat([
    await stored([text("a1")], { at: 0, producerId: 1n, flags: transactional }),
    await stored([text("b1")], { at: 1, producerId: 2n, flags: transactional }),
    await stored([marker(0)], { at: 2, producerId: 1n, flags: control }),
    await stored([text("a2")], { at: 3, producerId: 1n, flags: transactional }),
    await stored([marker(1)], { at: 4, producerId: 1n, flags: control }),
    await stored([marker(1)], { at: 5, producerId: 2n, flags: control }),
  ]);
  expect(await values(bytes, 0, [{ producerId: 1n, firstOffset: 0 }])).toEqual(["b1", "a2"]);
});

test("a set of nothing but markers moves the reader on", async () => {
  const bytes = await stored([marker(1)], { at: 8, flags: control });
  expect(await readRecordSet(partition, bytes, 8, [], decompress)).toEqual({ messages: [], nextOffset: 9 });
});

test("a message keeps no more memory alive than a chunk of its neighbours", async () => {
  const bytes = await stored(
    Array.from({ length: 2_000 }, (_, index) => ({ value: Buffer.alloc(1_000, index) })),
    { at: 0 },
  );
  const { messages } = await readRecordSet(partition, bytes, 0, [], decompress);
  const held = messages.map(({ value }) => (value as Buffer).buffer.byteLength);
  expect(Math.max(...held)).toBeLessThanOrEqual(64 * 1024);
  expect(messages.every(({ value }, index) => value?.[999] === index % 256)).toBe(true);
});

test("gzip is built in", async () => {
  expect(await values(await stored([text("packed"), text("too")], { at: 0, codec: compressionTypes.gzip }))).toEqual(["packed", "too"]);
});

test("T16: a codec that nobody registered is a fatal error that names it", async () => {
  const bytes = await stored([text("a")], { at: 0 });
  bytes.writeInt16BE(compressionTypes.lz4, 21);
  await expect(values(bytes)).rejects.toMatchObject({
    code: "SPILLWAY_KAFKA_CODEC",
    failureClass: "fatal",
    message: expect.stringContaining("lz4") as string,
  });
});

test("a codec that is registered with kafkajs is used", async () => {
  const codecs = CompressionCodecs as Record<number, () => unknown>;
  codecs[compressionTypes.snappy] = snappy as () => unknown;
  expect(await values(await stored([text("snappy")], { at: 0, codec: compressionTypes.snappy }))).toEqual(["snappy"]);
});

test("batches of the formats before Kafka 0.11 are refused", async () => {
  const bytes = await stored([text("a")], { at: 0 });
  bytes.writeInt8(1, 16);
  await expect(values(bytes)).rejects.toMatchObject({ code: "SPILLWAY_FORMAT" });
});
