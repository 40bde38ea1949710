import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { kafkaApi, restartInTurn, startKafka, whyNot, type KafkaCluster } from "@spillway-tools/servers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kafkajsPort } from "./client/kafkajs-port.ts";
import { kafkaSource } from "./kafka-source.ts";
import { committedWatch } from "./testing/committed-watch.ts";
import { load } from "./testing/load.ts";
import { miniEngine, type MiniEngine } from "./testing/mini-engine.ts";
import { runLedger, type RunLedger } from "./testing/run-ledger.ts";
import { testTopic, type TestTopic } from "./testing/test-topic.ts";

const skip = await whyNot("kafka");

function consumer(topic: TestTopic, groupId: string, ledger: RunLedger): MiniEngine {
  const { client } = topic;
  const source = kafkaSource({ client, topic: topic.topic, groupId, sessionTimeoutMs: 10_000, heartbeatIntervalMs: 500 });
  return miniEngine({
    source,
    saved: ledger.saved,
    async handle(message) {
      const succeeded = ledger.start(message, source);
      await sleep(2 + (message.offset % 10));
      succeeded();
    },
  });
}

/** Two consumers under load while a fault is done to the cluster: nothing lost, nothing out of order, nothing committed backwards. */
async function under(
  cluster: KafkaCluster,
  fault: (groupId: string, topic: TestTopic) => Promise<void>,
): Promise<{ readonly duplicates: number }> {
  const copies = cluster.nodes.length === 1 ? 1 : 3;
  const topic = await testTopic(cluster.endpoint, { partitions: 6, copies });
  const groupId = randomUUID();
  const ledger = runLedger();
  const watch = committedWatch(topic, groupId);
  const messages = load(topic, 6, 400, 20);
  const engines = [consumer(topic, groupId, ledger), consumer(topic, groupId, ledger)];
  await expect.poll(() => engines.reduce((sum, { leases }) => sum + leases.size, 0), { timeout: 20_000 }).toBe(6);
  await sleep(500);
  await fault(groupId, topic);
  await sleep(1_000);
  await messages.end();
  await expect.poll(() => [...messages.sent].filter((name) => !ledger.successes.has(name)), { timeout: 40_000 }).toEqual([]);
  for (const engine of engines) engine.stop();
  await Promise.all(engines.map(({ ended }) => ended));
  await watch.end();
  expect(ledger.violations).toEqual([]);
  // A coordinator that has just taken over shows, until its followers have caught up, an offset older than one that its predecessor confirmed.
  if (cluster.nodes.length === 1) expect(watch.stepsBack).toEqual([]);
  expect(messages.failures).toEqual([]);
  await topic.close();
  return { duplicates: ledger.twice().length };
}

describe.skipIf(skip !== undefined)("one broker", () => {
  let cluster: KafkaCluster;
  beforeAll(async () => {
    cluster = await startKafka({ proxied: true });
  }, 60_000);
  afterAll(async () => {
    await cluster?.stop();
  });

  test("a broker that is killed with -9 and started again loses nothing and makes nothing run twice", { timeout: 90_000 }, async () => {
    const { duplicates } = await under(cluster, async () => {
      await cluster.nodes[0]?.kill("SIGKILL");
      await sleep(2_000);
      await cluster.nodes[0]?.start();
    });
    expect(duplicates).toBe(0);
  });

  test("connections that are cut in the middle of everything cost nothing", { timeout: 90_000 }, async () => {
    const proxy = cluster.nodes[0]?.proxy;
    const { duplicates } = await under(cluster, async () => {
      for (let cut = 0; cut < 10; cut += 1) {
        proxy?.cut();
        await sleep(200);
      }
    });
    expect(duplicates).toBe(0);
  });

  test("a commit or a fetch whose answer is lost is made again", { timeout: 90_000 }, async () => {
    const proxy = cluster.nodes[0]?.proxy;
    let lost = 0;
    const { duplicates } = await under(cluster, async () => {
      proxy?.onKafkaRequest(({ apiKey }) => {
        const isAimedAt = apiKey === kafkaApi.offsetCommit || apiKey === kafkaApi.fetch;
        if (!isAimedAt || lost >= 40 || Math.random() < 0.7) return "pass";
        lost += 1;
        return lost % 2 === 0 ? "cut-after" : "cut-before";
      });
      await sleep(3_000);
      proxy?.onKafkaRequest(undefined);
    });
    expect(lost).toBeGreaterThan(10);
    expect(duplicates).toBe(0);
  });

  test("connections that go silent are given up and made anew, within the session", { timeout: 90_000 }, async () => {
    const proxy = cluster.nodes[0]?.proxy;
    const { duplicates } = await under(cluster, async () => {
      proxy?.silence();
      await sleep(6_000);
    });
    expect(duplicates).toBe(0);
  });

  test("a slow broker is waited for", { timeout: 90_000 }, async () => {
    const proxy = cluster.nodes[0]?.proxy;
    const { duplicates } = await under(cluster, async () => {
      proxy?.set({ kind: "delay", delayMs: 300 });
      await sleep(4_000);
      proxy?.set({ kind: "none" });
    });
    expect(duplicates).toBe(0);
  });

  test("a line that carries few bytes a second is waited for", { timeout: 90_000 }, async () => {
    const proxy = cluster.nodes[0]?.proxy;
    const { duplicates } = await under(cluster, async () => {
      // Less than the load writes and reads, so that it falls behind.
      proxy?.set({ kind: "throttle", bytesPerSecond: 10_000 });
      await sleep(4_000);
      proxy?.set({ kind: "none" });
    });
    expect(duplicates).toBe(0);
  });
});

describe.skipIf(skip !== undefined)("three brokers", () => {
  let cluster: KafkaCluster;
  beforeAll(async () => {
    cluster = await startKafka({ nodes: 3, heapMb: 160 });
  }, 90_000);
  afterAll(async () => {
    await cluster?.stop();
  });

  test("T17 T20: a coordinator that is killed with -9 is found again elsewhere, and nothing runs twice", { timeout: 90_000 }, async () => {
    const { duplicates } = await under(cluster, async (groupId, topic) => {
      const coordinator = await coordinatorOf(topic, groupId);
      await cluster.nodes[coordinator - 1]?.kill("SIGKILL");
      await sleep(3_000);
      await cluster.nodes[coordinator - 1]?.start();
    });
    expect(duplicates).toBe(0);
  });

  test("a rolling restart goes by unnoticed", { timeout: 120_000 }, async () => {
    const { duplicates } = await under(cluster, () => restartInTurn(cluster));
    expect(duplicates).toBe(0);
  });
});

/** The broker that coordinates a group. */
async function coordinatorOf({ client }: TestTopic, groupId: string): Promise<number> {
  const port = kafkajsPort(client);
  const options = { signal: new AbortController().signal };
  await port.metadata([], options);
  const coordinator = await port.coordinator({ groupId }, options);
  await port.close();
  return coordinator;
}
