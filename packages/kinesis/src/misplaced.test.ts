import { KinesisClient } from "@aws-sdk/client-kinesis";
import { hastyClock, localClientConfig, startKinesisFake, type KinesisFake } from "@spillway-tools/aws-fakes";
import type { CheckpointStore, LeaseStore, LostMessages, PartitionId } from "@spillway/spec";
import { afterEach, beforeEach, expect, test } from "vitest";
import { kinesisSink } from "./kinesis-sink.ts";
import { kinesisSource, type KinesisSourceOptions } from "./kinesis-source.ts";

const { signal } = new AbortController();
const stores = { leases: {} as LeaseStore, checkpoints: {} as CheckpointStore };
const last = String(2n ** 128n - 1n);

let fake: KinesisFake;
let client: KinesisClient;

beforeEach(async () => {
  fake = await startKinesisFake();
  client = new KinesisClient(localClientConfig(fake.endpoint));
});
afterEach(async () => {
  client.destroy();
  await fake.stop();
});

/** Writes messages as aggregated records over a split that the sink does not know of yet: half of them are placed in the right child, the others in the left. */
async function writeOverASplit(): Promise<readonly string[]> {
  const explicitHashKey = ({ key }: { readonly key?: unknown }) => (String(key).startsWith("right") ? last : "0");
  const sink = kinesisSink({ client, streamName: fake.streamName, clock: hastyClock(), aggregation: "kpl", explicitHashKey });
  await sink.write([{ key: "left", value: Buffer.from("first") }], { signal });
  fake.stream.split("shardId-000000000000");
  const texts = Array.from({ length: 20 }, (_, n) => `${n}`);
  const messages = texts.map((value, n) => ({ key: `${n % 2 === 0 ? "left" : "right"}-${n}`, value: Buffer.from(value) }));
  expect((await sink.write(messages, { signal })).every(({ ok }) => ok)).toBe(true);
  return texts;
}

/** All that both children hold, for this source. */
async function readChildren(options: Pick<KinesisSourceOptions, "misplaced" | "delivery" | "registerConsumer">) {
  const source = kinesisSource({ client, streamName: fake.streamName, consumer: "charges", stores, clock: hastyClock(), ...options });
  const children = fake.stream.shards().slice(1);
  for (const { id } of children) fake.stream.split(id);
  const texts: string[] = [];
  const losses: LostMessages[] = [];
  for (const { id } of children) {
    for await (const { messages, lost } of source.read(id as PartitionId, { from: { at: "earliest" }, signal })) {
      texts.push(...messages.map(({ value }) => Buffer.from(value ?? []).toString()));
      if (lost !== undefined) losses.push(lost);
    }
  }
  return { texts, losses };
}

test("what a split took to the wrong shard comes twice where nothing else is asked", async () => {
  const written = await writeOverASplit();
  const { texts, losses } = await readChildren({});
  expect(texts).toHaveLength(2 * written.length);
  expect(new Set(texts)).toEqual(new Set(written));
  expect(losses).toEqual([]);
});

test.each(["polling", "fan-out"] as const)(
  "by %s, what belongs to another shard is dropped where that is asked: counted, and read there",
  async (delivery) => {
    const written = await writeOverASplit();
    const { texts, losses } = await readChildren({ misplaced: "drop", delivery, registerConsumer: true });
    // The aggregated record was taken by the left child, with ten messages of the right one in it.
    expect(texts).toHaveLength(2 * written.length - 10);
    expect(new Set(texts)).toEqual(new Set(written));
    expect(losses).toEqual([{ count: 10, reason: expect.stringContaining("another shard") as string }]);
    const odd = texts.filter((text) => Number(text) % 2 === 1);
    expect(odd).toHaveLength(new Set(odd).size);
  },
);
