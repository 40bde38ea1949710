import { randomUUID } from "node:crypto";
import { CreateTableCommand, DeleteTableCommand, DynamoDBClient, PutItemCommand, type AttributeValue } from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { fastClock, localClientConfig, startTableStreamsFake, type WireAttribute } from "@spillway-tools/aws-fakes";
import { lacking, type LogSourceHarness } from "@spillway/conformance";
import type {
  CheckpointStore,
  LeaseStore,
  LogBatch,
  LogSource,
  Message,
  OutgoingMessage,
  PartitionId,
  Payload,
  Position,
} from "@spillway/spec";
import type { Change } from "./change.ts";
import { dynamoDbStreamSource, type DynamoDbStreamSource } from "./dynamodb-stream-source.ts";

type View = "NEW_IMAGE";
const stores = { leases: {} as LeaseStore, checkpoints: {} as CheckpointStore };
/** The servers throttle nobody, so the suites need not wait for the service's pace. */
const clock = fastClock(20);
const largePayloadBytes = 300_000;
/** What a table's changes do not have; the test's items carry key and payload as attributes. */
const lacks: LogSourceHarness["lacks"] = {
  headers: "a change has no headers",
  repeatedHeaders: "a change has no headers",
  binaryHeaders: "a change has no headers",
  counts: "DynamoDB Streams does not say how many changes there are",
  merge: "shards of a table's stream are never merged",
  reopen: "the stream is on a server; a client holds nothing",
};

/** The changes of a table as the payloads that the suite appends: each append is an item of its own. */
function asPayloads(changes: DynamoDbStreamSource<View>): LogSource<Payload> {
  const payloadOf = (change: Change<View>): Payload => {
    const payload = change.kind === "remove" ? null : change.newImage.payload;
    return payload instanceof Uint8Array ? payload : null;
  };
  const keyOf = (change: Change<View>): string | undefined => {
    const key = change.kind === "remove" ? undefined : change.newImage.key;
    return key instanceof Uint8Array ? Buffer.from(key).toString("base64") : (key as string | undefined);
  };
  async function* mapped(batches: AsyncIterable<LogBatch<Change<View>>>): AsyncGenerator<LogBatch<Payload>, void> {
    for await (const batch of batches)
      yield {
        ...batch,
        messages: batch.messages.map((message) => ({
          ...message,
          key: keyOf(message.value),
          value: payloadOf(message.value),
          change: message.value,
        })),
      };
  }
  return {
    ...changes,
    read(partition, options) {
      const batches = changes.read(partition, options)[Symbol.asyncIterator]();
      const generator = mapped({ [Symbol.asyncIterator]: () => batches });
      return {
        [Symbol.asyncIterator]: () => ({
          next: () => generator.next(),
          // A generator that waits would only hear of the return after its wait.
          async return() {
            await batches.return?.();
            await generator.return();
            return { done: true, value: undefined };
          },
        }),
      };
    },
    original(message: Message<Payload>) {
      const { change } = message as unknown as { change: Change<View> };
      const key = change.kind === "remove" ? undefined : change.newImage.key;
      return { key: key as string | Uint8Array | undefined, payload: message.value };
    },
  };
}

/** Equal keys must meet in one shard, so they make up the item's key; what tells appends apart is outside of it. */
function itemOf({ key, value }: OutgoingMessage<Payload>): Record<string, AttributeValue> {
  return {
    ...(key !== undefined && { key: typeof key === "string" ? { S: key } : { B: key } }),
    ...(value !== null && { payload: { B: value } }),
  };
}

/** A table's stream, on the in-house fake. */
export const fakeSourceHarness: LogSourceHarness = {
  name: "table stream on the fake",
  deadlineMs: 20_000,
  lacks,
  async open() {
    const fake = await startTableStreamsFake({ shards: 2, viewType: "NEW_IMAGE" });
    const client = new DynamoDBStreamsClient(localClientConfig(fake.endpoint));
    const shardIdOf = (partition: PartitionId): string => partition.split("/")[1] ?? "";
    return {
      source: (consumer) =>
        asPayloads(dynamoDbStreamSource({ client, tableName: fake.tableName, view: "NEW_IMAGE", consumer, stores, clock })),
      async append(messages) {
        for (const message of messages) {
          const image = wire(itemOf(message));
          fake.stream().change({ eventName: "INSERT", keys: { id: image.key ?? { S: randomUUID() } }, newImage: image });
        }
      },
      nowMs: () => Date.now(),
      elapse,
      largePayloadBytes,
      async split(partition) {
        fake.stream().split(shardIdOf(partition));
      },
      merge: lacking,
      async trim(partition, through) {
        fake.stream().trim(shardIdOf(partition), BigInt(through));
      },
      foreignPosition: "17" as Position,
      reopen: lacking,
      async close() {
        client.destroy();
        await fake.stop();
      },
    };
  },
};

function wire(item: Record<string, AttributeValue>): Record<string, WireAttribute> {
  const json = JSON.stringify(item, (_name, each: unknown) => (each instanceof Uint8Array ? undefined : each));
  const plain = JSON.parse(json) as Record<string, WireAttribute>;
  for (const [name, { B }] of Object.entries(item)) if (B !== undefined) plain[name] = { B: Buffer.from(B).toString("base64") };
  return plain;
}

/** A table's stream, on a real DynamoDB Local. */
export function dynamoDbLocalSourceHarness(endpoint: string): LogSourceHarness {
  const oneShard = "DynamoDB Local has one shard for each stream, which never rolls";
  return {
    name: "table stream on DynamoDB Local",
    deadlineMs: 30_000,
    lacks: {
      ...lacks,
      partitions: oneShard,
      split: oneShard,
      trim: "DynamoDB Local trims nothing",
      timestamps: "DynamoDB Local dates changes by the minute",
    },
    async open({ signal }) {
      const tableName = `changes-${randomUUID()}`;
      const client = new DynamoDBStreamsClient(localClientConfig(endpoint));
      const table = new DynamoDBClient(localClientConfig(endpoint));
      await table.send(
        new CreateTableCommand({
          TableName: tableName,
          BillingMode: "PAY_PER_REQUEST",
          AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
          KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
          StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_IMAGE" },
        }),
        { abortSignal: signal },
      );
      return {
        source: (consumer) => asPayloads(dynamoDbStreamSource({ client, tableName, view: "NEW_IMAGE", consumer, stores, clock })),
        async append(messages) {
          for (const message of messages) {
            await table.send(new PutItemCommand({ TableName: tableName, Item: { ...itemOf(message), id: { S: randomUUID() } } }));
          }
        },
        nowMs: () => Date.now(),
        elapse,
        largePayloadBytes,
        split: lacking,
        merge: lacking,
        trim: lacking,
        foreignPosition: "17" as Position,
        reopen: lacking,
        async close() {
          await table.send(new DeleteTableCommand({ TableName: tableName }));
          table.destroy();
          client.destroy();
        },
      };
    },
  };
}

/** Whole seconds, because that is how the service dates its changes. */
function elapse(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, Math.ceil(ms / 1_000) * 1_000);
  });
}
