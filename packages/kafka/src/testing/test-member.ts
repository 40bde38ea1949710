import { setTimeout as sleep } from "node:timers/promises";
import { kafkaSource } from "../kafka-source.ts";
import { killableClient, type KillableClient } from "./killable-client.ts";
import { miniEngine, type MiniEngine } from "./mini-engine.ts";
import type { RunLedger } from "./run-ledger.ts";

/** A member of a group, as a process of its own would be. */
export interface TestMember {
  readonly client: KillableClient;
  readonly engine: MiniEngine;
}

/** Joins a group; each message takes some milliseconds. */
export function joinGroup(endpoint: string, topic: string, groupId: string, ledger: RunLedger): TestMember {
  const client = killableClient(endpoint);
  const source = kafkaSource({
    client: client.client,
    topic,
    groupId,
    sessionTimeoutMs: 2_000,
    heartbeatIntervalMs: 300,
    drainTimeoutMs: 10_000,
  });
  const engine = miniEngine({
    source,
    saved: ledger.saved,
    async handle(message) {
      const succeeded = ledger.start(message);
      await sleep(5 + (message.offset % 40));
      succeeded();
    },
  });
  return { client, engine };
}
