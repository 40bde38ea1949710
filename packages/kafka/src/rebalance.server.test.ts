import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { serversFor } from "@spillway-tools/servers";
import { describe, expect, test } from "vitest";
import { committedWatch } from "./testing/committed-watch.ts";
import { load } from "./testing/load.ts";
import { runLedger } from "./testing/run-ledger.ts";
import { joinGroup, type TestMember } from "./testing/test-member.ts";
import { testTopic } from "./testing/test-topic.ts";

const kafka = await serversFor("kafka");
const partitions = 12;

async function shared(members: readonly TestMember[]): Promise<void> {
  await expect.poll(() => members.reduce((sum, { engine }) => sum + engine.leases.size, 0), { timeout: 20_000 }).toBe(partitions);
}

describe.skipIf(kafka.skip !== undefined)("members that come and go", () => {
  test("T4 T5 T18 T32: nothing is lost, run twice, out of order or committed backwards when members join and leave under load", {
    timeout: 90_000,
  }, async () => {
    const topic = await testTopic(kafka.endpoint, { partitions });
    const groupId = randomUUID();
    const ledger = runLedger();
    const watch = committedWatch(topic, groupId);
    const messages = load(topic, partitions, 2_000, 25);
    const members = [joinGroup(kafka.endpoint, topic.topic, groupId, ledger)];
    for (const step of ["join", "join", "leave", "join", "leave", "join"]) {
      if (step === "join") members.push(joinGroup(kafka.endpoint, topic.topic, groupId, ledger));
      else {
        const leaver = members.shift();
        leaver?.engine.stop();
        await leaver?.engine.ended;
      }
      await shared(members);
      await sleep(1_000);
    }
    await messages.end();
    await expect.poll(() => ledger.successes.size, { timeout: 30_000 }).toBe(messages.sent.size);
    for (const { engine } of members) engine.stop();
    await Promise.all(members.map(({ engine }) => engine.ended));
    await watch.end();

    expect([...messages.sent].filter((name) => !ledger.successes.has(name))).toEqual([]);
    expect(ledger.twice()).toEqual([]);
    expect(ledger.violations).toEqual([]);
    expect(watch.stepsBack).toEqual([]);
    expect(watch.looks).toBeGreaterThan(10);
    await topic.close();
  });

  test("after members are killed, only what they had done and not saved runs twice", { timeout: 90_000 }, async () => {
    const topic = await testTopic(kafka.endpoint, { partitions });
    const groupId = randomUUID();
    const ledger = runLedger();
    const watch = committedWatch(topic, groupId);
    const messages = load(topic, partitions, 2_000, 25);
    const members = [0, 1, 2].map(() => joinGroup(kafka.endpoint, topic.topic, groupId, ledger));
    await shared(members);
    const unsaved = new Set<string>();
    for (let kill = 0; kill < 3; kill += 1) {
      await sleep(1_500);
      const victim = members.shift();
      for (const name of victim?.kill() ?? []) unsaved.add(name);
      members.push(joinGroup(kafka.endpoint, topic.topic, groupId, ledger));
      await shared(members);
    }
    await messages.end();
    await expect.poll(() => ledger.successes.size, { timeout: 30_000 }).toBe(messages.sent.size);
    for (const { engine } of members) engine.stop();
    await Promise.all(members.map(({ engine }) => engine.ended));
    await watch.end();

    expect(ledger.twice().filter((name) => !unsaved.has(name))).toEqual([]);
    expect(ledger.violations).toEqual([]);
    expect([...messages.sent].filter((name) => !ledger.successes.has(name))).toEqual([]);
    expect(watch.stepsBack).toEqual([]);
    await topic.close();
  });
});
