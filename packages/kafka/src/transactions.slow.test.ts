import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { kafkaApi, restartInTurn, startKafka, whyNot, type RequestFate, type TcpProxy } from "@spillway-tools/servers";
import { describe, expect, test } from "vitest";
import { behind } from "./testing/behind.ts";
import { copyingMember } from "./testing/copying-member.ts";
import { load } from "./testing/load.ts";
import { faultsOfCopies, readCommitted } from "./testing/read-committed.ts";
import { clientIdOf, startCopying, type CopyingProcess } from "./testing/start-copying.ts";
import { testClient, testTopic } from "./testing/test-topic.ts";

const skip = await whyNot("kafka");
const { addPartitionsToTxn, produce, addOffsetsToTxn, txnOffsetCommit, endTxn } = kafkaApi;

/** Where in its transaction a process is stopped, and whether the broker hears of that step. */
const steps: readonly { readonly api: number; readonly fate: RequestFate }[] = [
  { api: addPartitionsToTxn, fate: "cut-before" },
  { api: produce, fate: "cut-before" },
  { api: produce, fate: "cut-after" },
  { api: addOffsetsToTxn, fate: "cut-before" },
  { api: addOffsetsToTxn, fate: "cut-after" },
  { api: txnOffsetCommit, fate: "cut-before" },
  { api: txnOffsetCommit, fate: "cut-after" },
  { api: endTxn, fate: "cut-before" },
  { api: endTxn, fate: "cut-after" },
  { api: endTxn, fate: { delayMs: 50 } },
];

describe.skipIf(skip !== undefined)("transactions of processes that die in them", () => {
  test("over 50 kills and 7 sleeps in mid-transaction, each message is copied exactly once, and in the order of its key", {
    timeout: 600_000,
  }, async () => {
    const cluster = await startKafka({ proxied: true });
    const running = new Set<CopyingProcess>();
    try {
      const proxy = cluster.nodes[0]?.proxy;
      if (proxy === undefined) throw new Error("The cluster is proxied.");
      const [input, output] = await Promise.all([
        testTopic(cluster.endpoint, { partitions: 4 }),
        testTopic(cluster.endpoint, { partitions: 3 }),
      ]);
      const copying = { from: input.topic, to: output.topic, groupId: randomUUID() };
      let started = 0;
      const start = (): CopyingProcess => {
        const member = startCopying(cluster.endpoint, `copy-${started++}`, copying);
        running.add(member);
        return member;
      };
      const members = [start(), start()];
      const messages = load(input, 4, 600, 10);

      for (let kill = 0; kill < 57; kill += 1) {
        const step = steps[kill % steps.length];
        const victim = members.shift();
        if (step === undefined || victim === undefined) throw new Error("There is always a next one.");
        if (kill % 8 === 4) {
          await reached(proxy, victim, { api: txnOffsetCommit, fate: "pass" }, "SIGSTOP");
          // Longer than its session: the other one has its partitions when it goes on.
          await sleep(3_000);
          victim.process.kill("SIGCONT");
          members.push(victim);
          continue;
        }
        await reached(proxy, victim, step, "SIGKILL");
        await victim.gone;
        running.delete(victim);
        members.push(start());
      }
      await messages.end();
      await expect.poll(() => behind(input, copying.groupId), { timeout: 60_000 }).toBe(0);
      for (const { process } of members) process.kill("SIGTERM");
      expect(await Promise.all(members.map(({ gone }) => gone))).toEqual(members.map(() => 0));
      expect(messages.failures).toEqual([]);
      expect(messages.sent.size).toBeGreaterThan(10_000);
      expect(faultsOfCopies(messages.sent, await readCommitted(cluster.endpoint, output))).toEqual([]);
      await Promise.all([input.close(), output.close()]);
    } finally {
      for (const { process } of running) process.kill("SIGKILL");
      await cluster.stop();
    }
  });

  test("over brokers that are restarted in turn and killed with -9, each message is copied exactly once, and in the order of its key", {
    timeout: 300_000,
  }, async () => {
    const cluster = await startKafka({ nodes: 3, heapMb: 160 });
    try {
      const [input, output] = await Promise.all([
        testTopic(cluster.endpoint, { partitions: 4, copies: 3 }),
        testTopic(cluster.endpoint, { partitions: 3, copies: 3 }),
      ]);
      const copying = { from: input.topic, to: output.topic, groupId: randomUUID() };
      const engines = [copyingMember(testClient(cluster.endpoint), copying), copyingMember(testClient(cluster.endpoint), copying)];
      const messages = load(input, 4, 400, 10);
      await expect.poll(() => engines.reduce((sum, { leases }) => sum + leases.size, 0), { timeout: 20_000 }).toBe(4);
      for (const signal of ["SIGTERM", "SIGKILL"] as const) await restartInTurn(cluster, { signal });
      await messages.end();
      await expect.poll(() => behind(input, copying.groupId), { timeout: 60_000 }).toBe(0);
      for (const engine of engines) engine.stop();
      await Promise.all(engines.map(({ ended }) => ended));
      expect(messages.failures).toEqual([]);
      expect(messages.sent.size).toBeGreaterThan(1_000);
      expect(faultsOfCopies(messages.sent, await readCommitted(cluster.endpoint, output))).toEqual([]);
      await Promise.all([input.close(), output.close()]);
    } finally {
      await cluster.stop();
    }
  });
});

/** Stops a process with a signal at the moment in which it makes this request. */
function reached(
  proxy: TcpProxy,
  { clientId, process }: CopyingProcess,
  { api, fate }: { readonly api: number; readonly fate: RequestFate },
  signal: "SIGKILL" | "SIGSTOP",
): Promise<void> {
  return new Promise((resolve) => {
    proxy.onKafkaRequest((request) => {
      if (request.apiKey !== api || clientIdOf(request) !== clientId) return "pass";
      process.kill(signal);
      proxy.onKafkaRequest(undefined);
      resolve();
      return fate;
    });
  });
}
