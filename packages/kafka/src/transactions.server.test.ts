import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { serversFor } from "@spillway-tools/servers";
import { describe, expect, test } from "vitest";
import { copyingMember } from "./testing/copying-member.ts";
import { killableClient, type KillableClient } from "./testing/killable-client.ts";
import { load } from "./testing/load.ts";
import type { MiniEngine } from "./testing/mini-engine.ts";
import { faultsOfCopies, readCommitted } from "./testing/read-committed.ts";
import { behind } from "./testing/behind.ts";
import { testTopic } from "./testing/test-topic.ts";

const kafka = await serversFor("kafka");
const timeout = 90_000;

describe.skipIf(kafka.skip !== undefined)("transactions", () => {
  test("over ten members that vanish, each message is copied exactly once, and in the order of its key", { timeout }, async () => {
    const [input, output] = await Promise.all([testTopic(kafka.endpoint, { partitions: 4 }), testTopic(kafka.endpoint, { partitions: 3 })]);
    const groupId = randomUUID();
    const join = (): { readonly client: KillableClient; readonly engine: MiniEngine } => {
      const client = killableClient(kafka.endpoint);
      return { client, engine: copyingMember(client.client, { from: input.topic, to: output.topic, groupId }) };
    };
    const members = [join(), join()];
    const messages = load(input, 4, 1_000, 10);
    await expect.poll(() => members.reduce((sum, { engine }) => sum + engine.leases.size, 0), { timeout: 20_000 }).toBe(4);
    for (let kill = 0; kill < 10; kill += 1) {
      await sleep(600 + 37 * kill);
      const one = members.shift();
      one?.client.kill();
      one?.engine.die();
      members.push(join());
    }
    await messages.end();
    await expect.poll(() => behind(input, groupId), { timeout: 40_000 }).toBe(0);
    for (const { engine } of members) engine.stop();
    await Promise.all(members.map(({ engine }) => engine.ended));
    expect(messages.failures).toEqual([]);
    expect(messages.sent.size).toBeGreaterThan(3_000);
    expect(faultsOfCopies(messages.sent, await readCommitted(kafka.endpoint, output))).toEqual([]);
    await Promise.all([input.close(), output.close()]);
  });
});
