import "reflect-metadata";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateTableCommand, DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { CreateStreamCommand, DescribeStreamSummaryCommand, KinesisClient } from "@aws-sdk/client-kinesis";
import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { createBackends, definePipeline, loadConfig, start } from "@spillway/container";
import { checkpoint, decode, haltOnFailure, handle, text } from "@spillway/core";
import { serversFor } from "@spillway-tools/servers";
import kafkajs from "kafkajs";
import { container } from "tsyringe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { backends as schemes } from "./backends.ts";
import { charges } from "./charges.ts";
import type { Order } from "./order.ts";

const [broker, queues] = [await serversFor("kafka"), await serversFor("sqs")];
const [streams, tables] = [await serversFor("kinesis"), await serversFor("dynamodb")];
const names = ["orders", "charged", "dead"];
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "spillway-swap-"));
  // The schemes' clients look for credentials where the SDK does.
  process.env["AWS_ACCESS_KEY_ID"] = process.env["AWS_SECRET_ACCESS_KEY"] = "local";
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

const customers = ["ann", "bob", "cid", "dee"];
const cards = ["good", "good", "flaky", "good", "declined", "good", "good"];
const orders = Array.from(
  { length: 84 },
  (_, index): Order => ({ id: `o${index}`, customer: customers[index % 4] ?? "", card: cards[index % 7] ?? "" }),
);

interface Outcome {
  /** The ids of the orders charged, for each customer, in order. */
  readonly charged: Readonly<Record<string, readonly string[]>>;
  readonly dead: readonly string[];
}

const expected: Outcome = {
  charged: Object.fromEntries(
    customers.map((name) => [name, orders.filter(({ customer, card }) => customer === name && card !== "declined").map(({ id }) => id)]),
  ),
  dead: orders
    .filter(({ card }) => card === "declined")
    .map(({ id }) => id)
    .sort(), // prettier-ignore
};

/** Writes the orders to the backend of their name, as any program might that knows its URL. */
async function write(url: string): Promise<void> {
  const seeding = createBackends(schemes);
  const sink = await seeding.open("sink", url);
  for (let from = 0; from < orders.length; from += sink.traits.maxBatchSize) {
    const batch = orders
      .slice(from, from + sink.traits.maxBatchSize)
      .map((order) => ({ key: order.customer, value: new TextEncoder().encode(JSON.stringify(order)) }));
    for (const result of await sink.write(batch, { signal: new AbortController().signal })) if (!result.ok) throw result.error;
  }
  await seeding.close();
}

/** Runs the pipeline with this one variable in its environment, until every order has ended. */
async function outcomeOn(backends: string): Promise<Outcome> {
  await write(backends.replaceAll("{name}", "orders"));
  return await outcomeWith({ SPILLWAY_BACKENDS: backends });
}

/** Runs the pipeline in this environment, over orders that are there already, until every one has ended. */
async function outcomeWith(env: Readonly<Record<string, string>>): Promise<Outcome> {
  const written: Record<"charged" | "dead", string[]> = { charged: [], dead: [] };
  const stop = new AbortController();
  const watch = (name: "charged" | "dead") =>
    definePipeline({ sources: [name], sinks: [] }, ({ consume }) =>
      consume(name, { ordering: "key" }).pipe(
        decode(text()),
        handle((value) => {
          written[name].push(value);
          if (written.charged.length + written.dead.length === orders.length) stop.abort();
        }),
        haltOnFailure(),
        checkpoint(),
      ),
    );
  const config = await loadConfig({ env });
  const handlers = container.createChildContainer();
  await start(
    { charges, watchCharged: watch("charged"), watchDead: watch("dead") },
    { config, schemes, container: handlers, signal: stop.signal },
  );

  const receipts = written.charged.map((each) => JSON.parse(each) as { readonly orderId: string; readonly customer: string });
  return {
    charged: Object.fromEntries(
      customers.map((name) => [name, receipts.filter(({ customer }) => customer === name).map(({ orderId }) => orderId)]),
    ),
    dead: written.dead.map((each) => (JSON.parse(each) as Order).id).sort(),
  };
}

/** The URL of stores in a table of this run, as the option of another URL. */
function storesOf(run: string): string {
  return encodeURIComponent(`dynamodb://us-east-1/${run}-stores?createTable=true&endpoint=${encodeURIComponent(tables.endpoint)}`);
}

describe("the same pipeline has the same outcomes, whatever one variable says", () => {
  test("memory, a log", async () => {
    expect(await outcomeOn(`memory:${randomUUID()}-{name}`)).toEqual(expected);
  });

  test("memory, a queue", async () => {
    expect(await outcomeOn(`memory:${randomUUID()}-{name}?as=queue`)).toEqual(expected);
  });

  test("the embedded store", { timeout: 30_000 }, async () => {
    expect(await outcomeOn(`local:${directory}?log={name}`)).toEqual(expected);
  });

  test.skipIf(broker.skip !== undefined)("Kafka", { timeout: 60_000 }, async () => {
    const run = randomUUID();
    const admin = new kafkajs.Kafka({ brokers: broker.endpoint.split(","), logLevel: kafkajs.logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.createTopics({ topics: names.map((name) => ({ topic: `${run}-${name}`, numPartitions: 3 })), waitForLeaders: true });
    await admin.disconnect();
    expect(await outcomeOn(`kafka://${broker.endpoint}/${run}-{name}?group=${run}-{name}`)).toEqual(expected);
  });

  test.skipIf(queues.skip !== undefined)("SQS", { timeout: 60_000 }, async () => {
    const run = randomUUID();
    const client = new SQSClient({ endpoint: queues.endpoint, region: "us-east-1" });
    for (const name of names)
      await client.send(new CreateQueueCommand({ QueueName: `${run}-${name}.fifo`, Attributes: { FifoQueue: "true" } }));
    client.destroy();
    const endpoint = encodeURIComponent(queues.endpoint);
    expect(await outcomeOn(`sqs://us-east-1/${run}-{name}.fifo?endpoint=${endpoint}&maxBytes=262144`)).toEqual(expected);
  });

  test.skipIf(streams.skip !== undefined || tables.skip !== undefined)(
    "Kinesis, with its stores in DynamoDB",
    { timeout: 90_000 },
    async () => {
      const run = randomUUID();
      const client = new KinesisClient({ endpoint: streams.endpoint, region: "us-east-1", requestHandler: new NodeHttpHandler() });
      for (const name of names) {
        const StreamName = `${run}-${name}`;
        await client.send(new CreateStreamCommand({ StreamName, ShardCount: 2 }));
        await expect
          .poll(async () => (await client.send(new DescribeStreamSummaryCommand({ StreamName }))).StreamDescriptionSummary?.StreamStatus)
          .toBe("ACTIVE");
      }
      client.destroy();
      const endpoint = encodeURIComponent(streams.endpoint);
      expect(await outcomeOn(`kinesis://us-east-1/${run}-{name}?endpoint=${endpoint}&idleMs=100&stores=${storesOf(run)}`)).toEqual(
        expected,
      );
    },
  );

  test.skipIf(tables.skip !== undefined)("a DynamoDB table's stream: orders are its items", { timeout: 90_000 }, async () => {
    const run = randomUUID();
    const client = new DynamoDBClient({ endpoint: tables.endpoint, region: "us-east-1" });
    const TableName = `${run}-orders`;
    await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: ["customer", "id"].map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
        KeySchema: [
          { AttributeName: "customer", KeyType: "HASH" },
          { AttributeName: "id", KeyType: "RANGE" },
        ],
        StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_IMAGE" },
      }),
    );
    for (const { id, customer, card } of orders)
      await client.send(new PutItemCommand({ TableName, Item: { id: { S: id }, customer: { S: customer }, card: { S: card } } }));
    client.destroy();
    const options = `payload=new-image&key=customer&endpoint=${encodeURIComponent(tables.endpoint)}&idleMs=100&stores=${storesOf(run)}`;
    // Results and dead letters go where messages can be written as they are: a table holds items.
    const env = {
      SPILLWAY_BACKENDS: `memory:${run}-{name}`,
      SPILLWAY_BACKEND_ORDERS: `dynamodb-streams://us-east-1/${TableName}?${options}`,
    };
    expect(await outcomeWith(env)).toEqual(expected);
  });
});
