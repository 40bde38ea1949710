import { setTimeout as sleep } from "node:timers/promises";
import { kafkaSource } from "../kafka-source.ts";
import { killableClient } from "./killable-client.ts";
import { miniEngine, type MiniEngine } from "./mini-engine.ts";
import type { RunLedger } from "./run-ledger.ts";

/** A member of a group, as a process of its own would be. */
export interface TestMember {
  readonly engine: MiniEngine;
  /** Ends it as kill -9 ends a process. Returns the values that had started or succeeded and were not saved. */
  kill(): readonly string[];
}

/** Joins a group; each message takes some milliseconds. */
export function joinGroup(endpoint: string, topic: string, groupId: string, ledger: RunLedger): TestMember {
  const { client, kill } = killableClient(endpoint);
  const source = kafkaSource({
    client,
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
      const succeeded = ledger.start(message, client);
      await sleep(5 + (message.offset % 40));
      succeeded();
    },
  });
  return {
    engine,
    kill() {
      kill();
      ledger.forget(client);
      return engine.die();
    },
  };
}
