import { randomUUID } from "node:crypto";
import zlib from "node:zlib";
import { serversFor } from "@spillway-tools/servers";
import { CompressionCodecs } from "kafkajs";
// @ts-expect-error it comes without types
import snappy from "kafkajs-snappy";
import { beforeAll, describe, expect, test } from "vitest";
import { kafkaSink } from "./kafka-sink.ts";
import { kafkaSource } from "./kafka-source.ts";
import { readUntil, readValues } from "./testing/read-messages.ts";
import { testTopic } from "./testing/test-topic.ts";
import { compressionTypes, type Compression } from "./wire/codecs.ts";

const kafka = await serversFor("kafka");
const calls = { signal: new AbortController().signal };
const timeout = 60_000;
const values = Array.from({ length: 50 }, (_, index) => `value ${index} ${"x".repeat(index * 40)}`);
const codecs: readonly Compression[] = ["gzip", "snappy", ...("zstdCompress" in zlib ? (["zstd"] as const) : [])];

describe.skipIf(kafka.skip !== undefined)("codecs", () => {
  beforeAll(() => {
    (CompressionCodecs as Record<number, () => unknown>)[compressionTypes.snappy] = snappy as () => unknown;
  });

  test.each(codecs)("what the broker has packed with %s is read, and it takes what is packed here", { timeout }, async (compression) => {
    // Whatever it is sent, this topic's broker packs it anew, with the codecs of Kafka's own clients.
    const [theirs, ours] = await Promise.all([
      testTopic(kafka.endpoint, { config: { "compression.type": compression } }),
      testTopic(kafka.endpoint, { config: { "compression.type": "uncompressed" } }),
    ]);
    for (const [{ client, topic }, how] of [
      [theirs, "none"],
      [ours, compression],
    ] as const) {
      const results = await kafkaSink({ client, topic, compression: how }).write(
        values.map((value) => ({ value: Buffer.from(value) })),
        calls,
      );
      expect(results.every(({ ok }) => ok)).toBe(true);
      const source = kafkaSource({ client, topic, groupId: randomUUID() });
      expect(await readValues(source, topic, 0, { at: "earliest" }, values.length)).toEqual(values);
    }
    await Promise.all([theirs.close(), ours.close()]);
  });

  test("T16: a batch that needs a codec which nobody registered ends the reading fatally, and names it", { timeout }, async () => {
    const topic = await testTopic(kafka.endpoint, { config: { "compression.type": "lz4" } });
    await topic.send(0, [{ value: "packed" }]);
    const source = kafkaSource({ client: topic.client, topic: topic.topic, groupId: randomUUID() });
    await expect(readUntil(source, topic.topic, 0, { at: "earliest" }, () => false)).rejects.toMatchObject({
      code: "SPILLWAY_KAFKA_CODEC",
      failureClass: "fatal",
      message: expect.stringContaining("lz4") as string,
    });
    await topic.close();
  });
});
