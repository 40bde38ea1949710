import kafkajs, { type KafkaConfig } from "kafkajs";
import { expect, test } from "vitest";
import { createBackends, type Backends } from "../backends.ts";
import { refused } from "../testing/refused.ts";
import { kafkaScheme } from "./kafka.ts";

/** Backends over Kafka, and what its clients were made with. */
function opened(): { readonly backends: Backends; readonly configs: readonly KafkaConfig[] } {
  const configs: KafkaConfig[] = [];
  const makeClient = (config: KafkaConfig): kafkajs.Kafka => {
    configs.push(config);
    return new kafkajs.Kafka(config);
  };
  return { backends: createBackends([kafkaScheme({ makeClient })]), configs };
}

test.each<[string, KafkaConfig]>([
  ["kafka://a:9092,b:9092/orders", { brokers: ["a:9092", "b:9092"] }],
  ["kafka://a/orders?clientId=app&ssl=true", { brokers: ["a"], clientId: "app", ssl: true }],
  ["kafka://me:p%40ss@a/orders", { brokers: ["a"], ssl: true, sasl: { mechanism: "scram-sha-512", username: "me", password: "p@ss" } }],
  [
    "kafka://me:pass@a/orders?ssl=false&mechanism=plain",
    { brokers: ["a"], sasl: { mechanism: "plain", username: "me", password: "pass" } },
  ],
])("%s says what its client is made with", async (url, config) => {
  const { backends, configs } = opened();
  await backends.open("sink", url);
  expect(configs).toEqual([config]);
});

test("a client is made once for each configuration, whatever is read and written with it", async () => {
  const { backends, configs } = opened();
  await backends.open("source", "kafka://a/orders?group=charges&maxBytes=1000000");
  await backends.open("sink", "kafka://a/dead?compression=gzip&lingerMs=5");
  expect(configs).toHaveLength(1);
  await backends.open("sink", "kafka://a/dead?clientId=other");
  expect(configs).toHaveLength(2);
});

test("the group is the URL's, else whoever opens it; nobody is nobody", async () => {
  const { backends } = opened();
  const open = (url: string) => backends.open("source", url, { consumer: "charges" });
  expect(await open("kafka://a/orders?group=refunds")).toMatchObject({
    name: "orders",
    coordination: { by: "provider", consumer: "refunds" },
  });
  expect(await open("kafka://a/orders")).toMatchObject({ coordination: { consumer: "charges" } });
  await expect(backends.open("source", "kafka://a/orders")).rejects.toEqual(refused('add "group=..."'));
});

test("options reach the adapter, which checks how they go together", async () => {
  const { backends } = opened();
  await expect(backends.open("source", "kafka://a/orders?group=g&sessionTimeoutMs=1000")).rejects.toThrow("heartbeatIntervalMs");
  expect(await backends.open("sink", "kafka://a/orders?maxBatchBytes=1000")).toMatchObject({ name: "orders" });
});

test("what cannot work is refused before a client is made, without its password", async () => {
  const { backends, configs } = opened();
  const attempts = [
    "kafka:///orders",
    "kafka://me@a/orders",
    "kafka://me:hidden@a/orders?gruop=g",
    "kafka://me:hidden@a/o?compression=rar",
  ];
  const errors = await Promise.all(attempts.map((url) => backends.open("sink", url).catch((error: unknown) => error)));
  expect(errors).toEqual([
    refused("must name a broker"),
    refused("needs a password"),
    refused('Did you mean "group"'),
    refused('"none" or "gzip"'),
  ]);
  expect(errors.map(String).join()).not.toContain("hidden");
  expect(configs).toEqual([]);
  await expect(backends.open("sink", "kafka://a")).rejects.toEqual(refused("must name a topic"));
});
