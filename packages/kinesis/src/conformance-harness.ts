import { randomUUID } from "node:crypto";
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamSummaryCommand,
  KinesisClient,
  ListShardsCommand,
  MergeShardsCommand,
  SplitShardCommand,
} from "@aws-sdk/client-kinesis";
import { fastClock, localClientConfig, startKinesisFake } from "@spillway-tools/aws-fakes";
import { lacking, type LogSourceHarness, type SinkHarness, type StoredMessage } from "@spillway/conformance";
import type { CheckpointStore, LeaseStore, OutgoingMessage, PartitionId, Payload, Position } from "@spillway/spec";
import { kinesisSink, type KinesisSinkOptions } from "./kinesis-sink.ts";
import { kinesisSource } from "./kinesis-source.ts";

/** The suites never touch the stores: leases and checkpoints are held to the contract where they are implemented. */
const stores = { leases: {} as LeaseStore, checkpoints: {} as CheckpointStore };
const foreignPosition = "shardId-000000000000:17" as Position;
/** Appends are calls one after another, some 100 in a case, and kinesis-local is slow where it shares its machine. */
const deadlineMs = 90_000;
const noCounts = "Kinesis does not say how many records there are";
const largePayloadBytes = 1_000_000;
/** The servers throttle nobody, so the suites need not wait for Kinesis' pace. */
const clock = fastClock(20);

/** A stream read by polling, on the in-house fake. */
export const fakePollingHarness: LogSourceHarness = onTheFake("polling");

/** A stream read by enhanced fan-out, on the in-house fake. */
export const fakeFanOutHarness: LogSourceHarness = onTheFake("fan-out");

/** A stream as a sink, on the in-house fake. */
export const fakeSinkHarness: SinkHarness = sinkHarness("kinesis on the fake", openFake, {});

/** A stream as a sink that keeps keys in order, on the in-house fake. */
export const fakeOrderedSinkHarness: SinkHarness = sinkHarness("kinesis in key order on the fake", openFake, { order: "key" });

/** A stream as a sink of aggregated records that keeps keys in order, on the in-house fake. */
export const fakeAggregatedSinkHarness: SinkHarness = sinkHarness("kinesis aggregated in key order on the fake", openFake, {
  order: "key",
  aggregation: "kpl",
});

/** A stream read by polling, on a real kinesis-local. */
export function kinesisLocalSourceHarness(endpoint: string): LogSourceHarness {
  return onServer("kinesis on kinesis-local", endpoint);
}

/** A stream as a sink, on a real kinesis-local. */
export function kinesisLocalSinkHarness(endpoint: string): SinkHarness {
  return sinkHarness("kinesis on kinesis-local", () => openStream(endpoint), {});
}

/** A stream read by polling, on a real kinesalite. */
export function kinesaliteSourceHarness(endpoint: string): LogSourceHarness {
  return onServer("kinesis on kinesalite", endpoint);
}

/** A stream as a sink, on a real kinesalite. */
export function kinesaliteSinkHarness(endpoint: string): SinkHarness {
  return sinkHarness("kinesis on kinesalite", () => openStream(endpoint), {});
}

/** A stream as a sink of aggregated records that keeps keys in order, on a real kinesalite. */
export function kinesaliteAggregatedSinkHarness(endpoint: string): SinkHarness {
  return sinkHarness("kinesis aggregated in key order on kinesalite", () => openStream(endpoint), { order: "key", aggregation: "kpl" });
}

/** A stream of one case. */
interface TestStream {
  readonly endpoint: string;
  readonly streamName: string;
  remove(): Promise<void>;
}

async function openFake(): Promise<TestStream> {
  const fake = await startKinesisFake();
  return { endpoint: fake.endpoint, streamName: fake.streamName, remove: () => fake.stop() };
}

async function openStream(endpoint: string): Promise<TestStream> {
  const streamName = `orders-${randomUUID()}`;
  const client = new KinesisClient(localClientConfig(endpoint));
  await client.send(new CreateStreamCommand({ StreamName: streamName, ShardCount: 2 }));
  await active(client, streamName);
  return {
    endpoint,
    streamName,
    async remove() {
      await client.send(new DeleteStreamCommand({ StreamName: streamName }));
      client.destroy();
    },
  };
}

/** Appends one by one: within one PutRecords Kinesis promises no order. */
async function append(client: KinesisClient, streamName: string, messages: readonly OutgoingMessage<Payload>[]): Promise<void> {
  const sink = kinesisSink({ client, streamName });
  const { signal } = new AbortController();
  for (const message of messages) {
    const [result] = await sink.write([message], { signal });
    if (result?.ok !== true) throw result?.error ?? new Error("no result");
  }
}

function onTheFake(delivery: "polling" | "fan-out"): LogSourceHarness {
  return {
    name: `kinesis by ${delivery} on the fake`,
    deadlineMs,
    lacks: { counts: noCounts },
    async open() {
      const fake = await startKinesisFake({ shards: 2 });
      const { streamName, stream } = fake;
      let client = new KinesisClient(localClientConfig(fake.endpoint));
      return {
        source: (consumer) => kinesisSource({ client, streamName, consumer, stores, delivery, registerConsumer: true, clock }),
        append: (messages) => append(client, streamName, messages),
        nowMs: () => Date.now(),
        elapse,
        largePayloadBytes,
        async split(partition) {
          stream.split(partition);
        },
        async merge() {
          const [one, other] = stream.shards().map(({ id }) => id as PartitionId) as [PartitionId, PartitionId];
          stream.merge(one, other);
          return [one, other];
        },
        async trim(partition, through) {
          stream.trim(partition, through);
        },
        foreignPosition,
        async reopen() {
          client.destroy();
          client = new KinesisClient(localClientConfig(fake.endpoint));
        },
        async close() {
          client.destroy();
          await fake.stop();
        },
      };
    },
  };
}

function sinkHarness(
  name: string,
  openTestStream: () => Promise<TestStream>,
  options: Pick<KinesisSinkOptions, "order" | "aggregation">,
): SinkHarness {
  return {
    name,
    deadlineMs,
    lacks: {
      ...(options.order !== "key" && {
        keyOrder: "Kinesis promises no order within one PutRecords: the engine writes one message of a lane at a time",
      }),
      deduplication: "Kinesis has none",
    },
    async open() {
      const { endpoint, streamName, remove } = await openTestStream();
      let client = new KinesisClient(localClientConfig(endpoint));
      return {
        sink: () => kinesisSink({ client, streamName, ...options }),
        stored: () => readBack(client, streamName),
        largePayloadBytes,
        tooLargeBytes: 1_048_577,
        async reopen() {
          client.destroy();
          client = new KinesisClient(localClientConfig(endpoint));
        },
        async close() {
          client.destroy();
          await remove();
        },
      };
    },
  };
}

/** What is stored, through our own source: an envelope can be read by nobody else. */
async function readBack(client: KinesisClient, streamName: string): Promise<readonly StoredMessage[]> {
  const source = kinesisSource({ client, streamName, consumer: "check", stores, clock });
  const { signal } = new AbortController();
  const stored: StoredMessage[] = [];
  for (const { id } of await source.partitions({ signal })) {
    for await (const { messages } of source.read(id, { from: { at: "earliest" }, signal })) {
      if (messages.length === 0) break;
      for (const message of messages) stored.push({ key: source.original(message).key, value: message.value, headers: message.headers });
    }
  }
  return stored;
}

function onServer(name: string, endpoint: string): LogSourceHarness {
  return {
    name,
    deadlineMs,
    lacks: { counts: noCounts, trim: "the server keeps everything for its retention period, which is a day at least" },
    async open() {
      const { streamName, remove } = await openStream(endpoint);
      let client = new KinesisClient(localClientConfig(endpoint));
      return {
        source: (consumer) => kinesisSource({ client, streamName, consumer, stores, clock }),
        append: (messages) => append(client, streamName, messages),
        nowMs: () => Date.now(),
        elapse,
        largePayloadBytes,
        async split(partition) {
          const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName: streamName }));
          const { StartingHashKey = "0", EndingHashKey = "0" } = Shards.find(({ ShardId }) => ShardId === partition)?.HashKeyRange ?? {};
          const NewStartingHashKey = String((BigInt(StartingHashKey) + BigInt(EndingHashKey)) / 2n);
          await client.send(new SplitShardCommand({ StreamName: streamName, ShardToSplit: partition, NewStartingHashKey }));
          await active(client, streamName);
        },
        async merge() {
          const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName: streamName }));
          const [one = "", other = ""] = Shards.map(({ ShardId }) => ShardId);
          await client.send(new MergeShardsCommand({ StreamName: streamName, ShardToMerge: one, AdjacentShardToMerge: other }));
          await active(client, streamName);
          return [one as PartitionId, other as PartitionId];
        },
        trim: lacking,
        foreignPosition,
        async reopen() {
          client.destroy();
          client = new KinesisClient(localClientConfig(endpoint));
        },
        async close() {
          client.destroy();
          await remove();
        },
      };
    },
  };
}

async function active(client: KinesisClient, streamName: string): Promise<void> {
  for (;;) {
    const { StreamDescriptionSummary } = await client.send(new DescribeStreamSummaryCommand({ StreamName: streamName }));
    if (StreamDescriptionSummary?.StreamStatus === "ACTIVE") return;
    await elapse(20);
  }
}

function elapse(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
