import "reflect-metadata";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { createBackends, definePipeline, loadConfig, start } from "@spillway/container";
import { checkpoint, decode, haltOnFailure, handle, text } from "@spillway/core";
import { serversFor } from "@spillway-tools/servers";
import kafkajs from "kafkajs";
import { container } from "tsyringe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { charges } from "./charges.ts";
import type { Order } from "./order.ts";
import { kafka } from "./schemes/kafka.ts";
import { local } from "./schemes/local.ts";
import { memory } from "./schemes/memory.ts";
import { sqs } from "./schemes/sqs.ts";

const [broker, queues] = [await serversFor("kafka"), await serversFor("sqs")];
const schemes = [memory, local, kafka, sqs];
const names = ["orders", "charged", "dead"];
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "spillway-swap-"));
  // The scheme's client looks for credentials where the SDK does.
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

/** Runs the pipeline with this one variable in its environment, until every order has ended. */
async function outcomeOn(backends: string): Promise<Outcome> {
  const seeding = createBackends(schemes);
  const sink = await seeding.open("sink", backends.replaceAll("{name}", "orders"));
  for (let from = 0; from < orders.length; from += sink.traits.maxBatchSize) {
    const batch = orders
      .slice(from, from + sink.traits.maxBatchSize)
      .map((order) => ({ key: order.customer, value: new TextEncoder().encode(JSON.stringify(order)) }));
    for (const result of await sink.write(batch, { signal: new AbortController().signal })) if (!result.ok) throw result.error;
  }
  await seeding.close();

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
  const config = await loadConfig({ env: { SPILLWAY_BACKENDS: backends } });
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
    expect(await outcomeOn(`sqs://us-east-1/000000000000/${run}-{name}.fifo?endpoint=${endpoint}&maxBytes=262144`)).toEqual(expected);
  });
});
