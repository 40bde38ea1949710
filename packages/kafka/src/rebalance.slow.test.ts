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

describe.skipIf(kafka.skip !== undefined)("a minute of coming and going", () => {
  test("over 12 partitions under load, nothing is lost or out of order, and only what killed members had not saved runs twice", async () => {
    const topic = await testTopic(kafka.endpoint, { partitions: 12 });
    const groupId = randomUUID();
    const ledger = runLedger();
    const watch = committedWatch(topic, groupId);
    const messages = load(topic, 12, 2_000, 25);
    const join = (): TestMember => joinGroup(kafka.endpoint, topic.topic, groupId, ledger);
    const members = [join(), join(), join()];
    const unsaved = new Set<string>();
    const endMs = performance.now() + 60_000;
    for (let step = 0; performance.now() < endMs; step += 1) {
      await sleep(2_000);
      const [one] = members.splice(step % members.length, 1);
      if (step % 3 === 2) {
        for (const value of one?.kill() ?? []) unsaved.add(value);
      } else one?.engine.stop();
      await sleep(step % 2 === 0 ? 0 : 700);
      members.push(join());
    }
    await messages.end();
    await expect.poll(() => ledger.successes.size, { timeout: 60_000 }).toBe(messages.sent.size);
    for (const { engine } of members) engine.stop();
    await Promise.all(members.map(({ engine }) => engine.ended));
    await watch.end();
    await topic.close();

    expect(messages.sent.size).toBeGreaterThan(10_000);
    expect([...messages.sent].filter((value) => !ledger.successes.has(value))).toEqual([]);
    expect(ledger.twice().filter((value) => !unsaved.has(value))).toEqual([]);
    expect(ledger.violations).toEqual([]);
    expect(watch.stepsBack).toEqual([]);
  });
});
