import { KinesisClient, type KinesisClientConfig } from "@aws-sdk/client-kinesis";
import { NodeHttp2Handler, NodeHttpHandler } from "@smithy/node-http-handler";
import { expect, test } from "vitest";
import { createBackends, type Backends } from "../backends.ts";
import { refused } from "../testing/refused.ts";
import { kinesisScheme } from "./kinesis.ts";
import { memoryScheme } from "./memory.ts";

process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";

/** Backends over Kinesis with stores in memory, and what its clients were made with. */
function opened(): { readonly backends: Backends; readonly configs: readonly KinesisClientConfig[] } {
  const configs: KinesisClientConfig[] = [];
  const makeClient = (config: KinesisClientConfig): KinesisClient => {
    configs.push(config);
    return new KinesisClient(config);
  };
  return { backends: createBackends([kinesisScheme({ makeClient }), memoryScheme()]), configs };
}

test("a source takes its stores from another URL, and its consumer from the URL or from who opens it", async () => {
  const { backends } = opened();
  const { leases } = await backends.open("stores", "memory:stores");
  const open = (url: string) => backends.open("source", url, { consumer: "charges" });
  expect(await open("kinesis://eu-west-1/orders?stores=memory:stores")).toMatchObject({
    name: "orders",
    coordination: { by: "leases", consumer: "charges", leases },
  });
  expect(await open("kinesis://eu-west-1/orders?stores=memory:stores&consumer=audit")).toMatchObject({
    coordination: { consumer: "audit" },
  });
});

test("a stream of another account is named by its ARN", async () => {
  const { backends } = opened();
  expect(await backends.open("sink", "kinesis://eu-west-1/arn:aws:kinesis:eu-west-1:123456789012:stream/orders")).toMatchObject({
    name: "orders",
  });
});

test("a sink keeps the order of keys and aggregates where its URL says so", async () => {
  const { backends } = opened();
  expect((await backends.open("sink", "kinesis://eu-west-1/orders")).traits).toEqual({ maxBatchSize: 500, order: "none" });
  const packed = await backends.open("sink", "kinesis://eu-west-1/orders?order=key&aggregation=kpl");
  expect(packed.traits).toEqual({ maxBatchSize: 5_000, order: "key" });
});

test("polling keeps its connections, and fan-out speaks HTTP/2, with a client of its own", async () => {
  const { backends, configs } = opened();
  await backends.open("sink", "kinesis://eu-west-1/orders");
  await backends.open("source", "kinesis://eu-west-1/orders?stores=memory:s&consumer=c&delivery=polling&idleMs=50");
  await backends.open("source", "kinesis://eu-west-1/orders?stores=memory:s&consumer=c&delivery=fan-out");
  expect(configs.map(({ region }) => region)).toEqual(["eu-west-1", "eu-west-1"]);
  expect(configs[0]?.requestHandler).toBeInstanceOf(NodeHttpHandler);
  expect(configs[1]?.requestHandler).toBeInstanceOf(NodeHttp2Handler);
  await backends.close();
});

test.each([
  ["kinesis://eu-west-1/orders?consumer=c", 'add "stores=dynamodb://eu-west-1/table"'],
  ["kinesis://eu-west-1/orders?stores=memory:s", 'add "consumer=..."'],
  ["kinesis://eu-west-1/orders?stores=dynamodb://eu-west-1/s&consumer=c", 'No backend is registered for "dynamodb:"'],
  ["kinesis://eu-west-1?stores=memory:s&consumer=c", "must name a stream"],
  ["kinesis://orders?stores=memory:s&consumer=c", "must begin with a region"],
  ["kinesis://eu-west-1/orders?store=memory:s", 'Did you mean "stores"'],
  ["kinesis://eu-west-1/orders?delivery=push", '"polling" or "fan-out"'],
  ["kinesis://eu-west-1/orders?misplaced=skip", '"keep" or "drop"'],
])("%s is refused: %s", async (url, message) => {
  await expect(opened().backends.open("source", url)).rejects.toEqual(refused(message));
});
