import { DeleteTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { CreateStreamCommand, DeleteStreamCommand, KinesisClient, waitUntilStreamExists } from "@aws-sdk/client-kinesis";
import { dynamoDbStores } from "@spillway/dynamodb";
import { kinesisSink, kinesisSource, type KinesisSource } from "@spillway/kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import type { OutputLog } from "../pipelines/backend.ts";
import type { InputLog } from "../producer/data-set.ts";
import { tallies } from "../store/local-backend.ts";
import { countedInput } from "./counted-input.ts";
import { deadLetterOf } from "./dead-letter-of.ts";
import { partitionCounts } from "./partition-counts.ts";
import { readToEnd } from "./read-to-end.ts";
import { askMs, type ServerBackend, type ServerBackendOptions } from "./server-backend.ts";

const names = Object.keys(partitionCounts) as readonly (InputLog | OutputLog)[];

/** The pipelines on Kinesis: logs are streams; leases and checkpoints are in a DynamoDB table. Makes all of them. */
export async function kinesisBackend({ endpointOf, prefix, store }: ServerBackendOptions): Promise<ServerBackend> {
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";
  const local = { region: "us-east-1", credentials: { accessKeyId: "local", secretAccessKey: "local" } };
  const client = new KinesisClient({ ...local, endpoint: endpointOf("kinesalite"), requestHandler: new NodeHttpHandler() });
  const dynamodb = new DynamoDBClient({ ...local, endpoint: endpointOf("dynamodb") });
  const tableName = `${prefix}spillway`;
  const stores = dynamoDbStores({ client: dynamodb, tableName, createTable: true });
  // The first look makes the table: who stops at once finds it there to remove.
  await stores.leases.list("statistics", { signal: AbortSignal.timeout(askMs) });
  await Promise.all(names.map(makeStream));

  return {
    source: sourceOf,
    sink: (log) => kinesisSink({ client, streamName: prefix + log, name: log }),
    table: (log) => tallies(store, log),
    inputs: { departures: input("departures"), routes: input("routes"), movies: input("movies") },
    async *deadLetters() {
      const source = sourceOf("dead-letters");
      for await (const message of readToEnd(source)) yield deadLetterOf(message, source.original(message));
    },
    async close() {
      await Promise.all(names.map((name) => client.send(new DeleteStreamCommand({ StreamName: prefix + name }), calm())));
      await dynamodb.send(new DeleteTableCommand({ TableName: tableName }), calm());
      client.destroy();
      dynamodb.destroy();
    },
  };

  function sourceOf(log: InputLog | OutputLog): KinesisSource {
    return kinesisSource({ client, streamName: prefix + log, name: log, consumer: "statistics", stores });
  }

  async function makeStream(name: InputLog | OutputLog): Promise<void> {
    const StreamName = prefix + name;
    await client.send(new CreateStreamCommand({ StreamName, ShardCount: partitionCounts[name] }), calm());
    await waitUntilStreamExists({ client, maxWaitTime: askMs / 1_000, minDelay: 1, maxDelay: 1 }, { StreamName });
  }

  function input(log: InputLog) {
    const sink = kinesisSink({ client, streamName: prefix + log, order: "key", aggregation: "kpl" });
    return countedInput(log, (messages) => sink.write(messages, { signal: AbortSignal.timeout(askMs) }));
  }
}

function calm(): { readonly abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(askMs) };
}
