import { describe, expect, test } from "vitest";
import { Kafka, logLevel } from "kafkajs";
import { startKafka } from "./kafka-cluster.ts";
import { serversFor, whyNot } from "./servers-for.ts";

const kafka = await whyNot("kafka");

describe.skipIf(kafka !== undefined)("Kafka", () => {
  test("a cluster of three goes on without a node that was killed, and takes it back", { timeout: 120_000 }, async () => {
    const cluster = await startKafka({ nodes: 3, proxied: true, heapMb: 128 });
    try {
      const brokers = cluster.endpoint.split(",");
      const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
      await admin.connect();
      await admin.createTopics({ topics: [{ topic: "t", numPartitions: 6, replicationFactor: 3 }], waitForLeaders: true });
      await cluster.nodes[1]?.kill("SIGKILL");
      await expect.poll(async () => (await admin.describeCluster()).brokers.length, { timeout: 30_000 }).toBe(2);
      await cluster.nodes[1]?.start();
      expect((await admin.describeCluster()).brokers.map((broker) => `${broker.host}:${broker.port}`).sort()).toEqual([...brokers].sort());
      expect(cluster.nodes.every((node) => (node.proxy?.connections ?? 0) >= 0)).toBe(true);
      await admin.disconnect();
    } finally {
      await cluster.stop();
    }
  });

  test("files of one run share a broker", { timeout: 60_000 }, async () => {
    const [first, second] = await Promise.all([serversFor("kafka"), serversFor("kafka")]);
    expect(second.endpoint).toBe(first.endpoint);
  });
});
